"""One try at paying an order, as django-payments sees it."""

import logging
from collections.abc import Iterator
from decimal import Decimal

from django.db import models, transaction
from payments import PaymentStatus, PurchasedItem
from payments.core import provider_factory
from payments.models import BasePayment

from .orders import Order

logger = logging.getLogger(__name__)

# What money that was taken can still become. Providers repeat what they said, late and in any order.
_AFTER = {
    PaymentStatus.CONFIRMED: frozenset({PaymentStatus.REFUNDED}),
    PaymentStatus.REFUNDED: frozenset[str](),
}


class Payment(BasePayment):  # type: ignore[misc]
    order: models.ForeignKey[Order, Order] = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")

    is_surplus = models.BooleanField(
        "to be given back", default=False, help_text="Taken for an order that was paid already, or cancelled."
    )

    status: str
    captured_amount: Decimal
    total: Decimal
    refund_key = ""  # set while a refund is asked for

    objects = models.Manager["Payment"]()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.get_status_display()}"

    def change_status(self, status: str, message: str = "") -> None:
        """Change the status and what follows from it (`store.payments`) in one transaction.

        Word that comes twice, late, or after the money was taken changes nothing. The transaction ends with this
        call: around it providers speak to their gateway, which must not hold rows, and raise `RedirectNeeded`, which
        must not roll a payment back.
        """
        with transaction.atomic():
            if not self._may_become(status):
                return
            if status == PaymentStatus.CONFIRMED:
                self._record_capture()
            super().change_status(status, message)

    def _may_become(self, status: str) -> bool:
        """Lock the row and compare with what it holds now, which another process may have changed."""
        row = Payment.objects.select_for_update().get(pk=self.pk)
        if status in _AFTER.get(row.status, {status}):
            return True
        logger.info("Payment %s is %s already: %s comes late.", self.pk, row.status, status)
        self.status, self.captured_amount = row.status, row.captured_amount
        return False

    def _record_capture(self) -> None:
        # The base class saves the status alone; providers set the amount without saving it, or not at all.
        self.captured_amount = Decimal(self.captured_amount) or self.total
        self.save(update_fields=["captured_amount"])

    def give_back(self, amount: Decimal, *, key: str) -> None:
        """Ask the provider to give money back; whoever asks again with the same key asks for the same money.

        Raises PaymentError for a refusal, an OSError when nobody knows. `store.refunds` writes down what follows.
        """
        self.refund_key = key
        provider_factory(self.variant, self).refund(self, amount)

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
                sku=line.variant.sku if line.variant else "",
            )
