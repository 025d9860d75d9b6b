"""The shop as a WSGI application without tracking: no middleware, no remembered clicks, nobody who hears of orders."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("tracking.")]

from config.wsgi import application as shop
from store import checkout
from tests.benchmarks.depths import deep
from tracking.signals import order_completed

order_completed.receivers = []
checkout.remember = lambda *_: None

application = deep(shop)

__all__ = ["application"]
