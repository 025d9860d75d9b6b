"""The reference shop as a Django app."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    name = "store"
    verbose_name = "Shop"

    def ready(self) -> None:
        from . import checks, customers, payments  # noqa: F401 - checks register themselves

        customers.connect()
        payments.connect()
