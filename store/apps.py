"""The reference shop as a Django app."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    name = "store"
    verbose_name = "Shop"

    def ready(self) -> None:
        from . import customers, payments

        customers.connect()
        payments.connect()
