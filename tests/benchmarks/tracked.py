"""The shop as a WSGI application as it is."""

from config.wsgi import application as shop
from tests.benchmarks.depths import deep

application = deep(shop)

__all__ = ["application"]
