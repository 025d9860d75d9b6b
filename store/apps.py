"""The reference shop as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_delete


class StoreConfig(AppConfig):
    name = "store"
    verbose_name = "Shop"

    def ready(self) -> None:
        from . import checks, customers, payments  # noqa: F401 - checks register themselves
        from .models.pictured import Pictured, remove_photo_of_deleted

        # Of these models alone: a receiver of all would have every row that is deleted anywhere read first.
        for model in filter(lambda model: issubclass(model, Pictured), self.get_models()):
            post_delete.connect(remove_photo_of_deleted, sender=model, dispatch_uid=f"store.photos.{model.__name__}")
        customers.connect()
        payments.connect()
