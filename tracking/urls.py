"""Where scripts and machines ask: `path("tracking/", include("tracking.urls"))`, or whatever name the shop likes."""

from django.urls import path

from tracking import views
from tracking.monitoring import views as monitoring

app_name = "tracking"
urlpatterns = [
    path("capture", views.capture, name="capture"),
    path("token", views.token, name="token"),
    path("health/", monitoring.show_health, name="health"),
    path("metrics/", monitoring.show_metrics, name="metrics"),
]
