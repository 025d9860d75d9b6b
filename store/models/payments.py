"""One try at paying an order, as django-payments sees it."""

from collections.abc import Iterator
from decimal import Decimal

from django.db import models, transaction
from payments import PaymentStatus, PurchasedItem
from payments.models import BasePayment

from .orders import Order


class Payment(BasePayment):  # type: ignore[misc]
    order: models.ForeignKey[Order, Order] = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")

    captured_amount: Decimal
    total: Decimal

    objects = models.Manager["Payment"]()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.get_status_display()}"

    def change_status(self, status: str, message: str = "") -> None:
        """Change the status and what follows from it (`store.payments`) in one transaction.

        The transaction ends with this call: around it providers speak to their gateway, which must not hold
        rows, and raise `RedirectNeeded`, which must not roll a payment back.
        """
        with transaction.atomic():
            if status == PaymentStatus.CONFIRMED:
                self._record_capture()
            super().change_status(status, message)

    def _record_capture(self) -> None:
        # The base class saves the status alone; providers set the amount without saving it, or not at all.
        self.captured_amount = Decimal(self.captured_amount) or self.total
        self.save(update_fields=["captured_amount"])

    def get_success_url(self) -> str:
        return self.order.get_absolute_url()

    def get_failure_url(self) -> str:
        # The order page says what happened and offers another try. Straight back to the payment page would
        # lead round in circles with a provider that redirects at once.
        return self.order.get_absolute_url()

    def get_purchased_items(self) -> Iterator[PurchasedItem]:
        for line in self.order.lines.all():
            yield PurchasedItem(
                name=line.name,
                quantity=line.quantity,
                price=line.unit_price,
                currency=self.currency,
                sku=str(line.product_id or ""),
            )
