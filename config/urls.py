"""Addresses of the reference shop."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("payments/", include("payments.urls")),
    path("tracking/", include("tracking.urls")),
    path("", include("store.urls")),
]
