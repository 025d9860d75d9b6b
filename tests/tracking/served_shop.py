"""A very small shop for a real server, `gunicorn tests.tracking.served_shop`: /order/7/ completes order 7."""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "tracking"]
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__
settings.TRACKING_ENGINE = "thread"
django.setup()

from django.db import transaction  # noqa: E402 - Django is set up before models are imported

from tests.factories import completed_order, visit_from  # noqa: E402
from tracking.signals import order_completed  # noqa: E402


def home(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(os.getpid()))


def order(_request: HttpRequest, order_id: str) -> HttpResponse:
    with transaction.atomic():
        order_completed.send(sender=None, order=completed_order(order_id=order_id), request=visit_from("77"))
    return HttpResponse(str(os.getpid()))


urlpatterns = [path("", home), path("order/<str:order_id>/", order)]
application = get_wsgi_application()
