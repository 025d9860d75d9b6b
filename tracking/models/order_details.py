"""The outbox's second kind of message: an order's details, for Aspire's own API (Aspire 11182653)."""

from django.db import models
from django.db.models import Q

from tracking.models.conversions import Conversion
from tracking.models.offers import Offer
from tracking.models.owed import Owed, Try


class OrderDetails(Owed):
    """An order's lines, value and currency, owed to Aspire in addition to its postback. Repeating them does no harm."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        """Waits until `due_at`; with no `due_at` it waits for what `detail` names."""
        SENDING = "sending", "Sending"
        """Claimed by a process until `lease_expires_at`."""
        ACCEPTED = "accepted", "Accepted"
        """Aspire took them."""
        FAILED = "failed", "Failed"
        """Aspire refused them, or they are not tried again by themselves. Needs a person."""
        CANCELLED = "cancelled", "Cancelled"
        """The order came back before they were sent, or its postback is not to be sent."""

    conversion = models.OneToOneField(Conversion, on_delete=models.PROTECT, related_name="order_details")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="order_details")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    amount = models.DecimalField("order value", max_digits=15, decimal_places=4)
    """In the order's own currency: Aspire converts."""
    lines = models.JSONField(default=list)
    """As `tracking.postbacks.order_details.to_lines` writes them."""

    class Meta:
        verbose_name = verbose_name_plural = "order details"
        permissions = [("resend_orderdetails", "Can send order details again")]
        indexes = [
            # As those of a postback, for the same queries: see there.
            models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="tracking_details_due"),
            models.Index(fields=["lease_expires_at"], condition=Q(status="sending"), name="tracking_details_leased"),
            models.Index(fields=["status", "due_at"], name="tracking_details_status"),
            # reports.needs: what waits for a person, oldest order first.
            models.Index(fields=["created_at", "id"], condition=Q(status="failed"), name="tracking_details_needs"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="sending", claim_token__isnull=False, lease_expires_at__isnull=False)
                | (~Q(status="sending") & Q(claim_token__isnull=True, lease_expires_at__isnull=True)),
                name="tracking_details_sending_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"Details of order {self.conversion.order_id}"


class OrderDetailsAttempt(Try):
    """One HTTP try to send an order's details."""

    order_details = models.ForeignKey(OrderDetails, on_delete=models.CASCADE, related_name="attempts")

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="tracking_detail_try_by_time")]
