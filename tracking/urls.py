"""Where the two scripts ask: `path("tracking/", include("tracking.urls"))`, under whatever name the shop likes."""

from django.urls import path

from tracking import views

app_name = "tracking"
urlpatterns = [
    path("capture", views.capture, name="capture"),
    path("token", views.token, name="token"),
]
