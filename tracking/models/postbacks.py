"""The outbox: one postback per conversion, with every attempt. Only `tracking.postbacks.outbox` changes a state."""

from django.db import models
from django.db.models import Q

from tracking.models.conversions import Conversion
from tracking.models.offers import Offer
from tracking.models.owed import Owed, Try


class Postback(Owed):
    """A sale to report to Aspire: one GET, never made twice while its outcome is unknown."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        """Waits until `due_at`; with no `due_at` it waits for what `detail` names."""
        SENDING = "sending", "Sending"
        """Claimed by a process until `lease_expires_at`."""
        ACCEPTED = "accepted", "Accepted"
        """Aspire said yes."""
        REJECTED = "rejected", "Rejected"
        """Aspire said no, in the words that `detail` keeps. Needs a person."""
        UNCONFIRMED = "unconfirmed", "Unconfirmed"
        """It may have arrived; nobody knows. Settled by a person, never sent again by itself."""
        FAILED = "failed", "Failed"
        """It did not arrive and will not be tried again by itself."""
        CANCELLED = "cancelled", "Cancelled"
        """The order was cancelled or refunded before it was sent."""

    conversion = models.OneToOneField(Conversion, on_delete=models.PROTECT, related_name="postback")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="postbacks")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    amount = models.DecimalField(max_digits=13, decimal_places=2, null=True)
    amount_left = models.DecimalField(max_digits=13, decimal_places=2, null=True)
    """What should stand after the order's refunds, 0 where all of it came back; None while nothing has."""
    held_until = models.DateTimeField(null=True)
    """The offer's hold, counted from the order's completion: nothing is sent before."""
    is_in_doubt = models.BooleanField("in doubt", default=False)
    """An attempt since a person last decided has an unknown outcome; pending only where the offer deduplicates."""
    is_test = models.BooleanField("test", default=False)

    class Meta:
        permissions = [
            ("resend_postback", "Can send a postback again"),
            ("settle_postback", "Can mark a postback as accepted or cancel it"),
        ]
        indexes = [
            # outbox.claim: what is due, oldest first. Partial, so that it stays small however long the log grows.
            models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="tracking_postback_due"),
            # The same where hosts are claimed for one by one: the backlog of a paused host is not in the way.
            models.Index(
                fields=["offer", "due_at", "id"], condition=Q(status="pending"), name="tracking_postback_offer_due"
            ),
            # outbox.expired: leases that ran out.
            models.Index(fields=["lease_expires_at"], condition=Q(status="sending"), name="tracking_postback_leased"),
            # The overview, the watch and the shop's health: what was settled in a period, and how long it took; also
            # what is old enough to prune. Not partial, so that MySQL has it.
            models.Index(fields=["settled_at", "is_test", "status", "created_at"], name="tracking_postback_period"),
            # reports.needs: what waits for a person, oldest order first.
            models.Index(
                fields=["status", "created_at", "id"],
                condition=Q(is_test=False) & (Q(status="rejected") | Q(status="unconfirmed") | Q(status="failed")),
                name="tracking_postback_needs",
            ),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(is_test=False, status="pending", due_at__isnull=True),
                name="tracking_postback_waiting",
            ),
            # reports.setup: an offer's last test.
            models.Index(fields=["offer", "id"], condition=Q(is_test=True), name="tracking_postback_tests"),
            # The admin's filters; also the claim on MySQL, which has no partial indexes.
            models.Index(fields=["status", "due_at"], name="tracking_postback_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="sending", claim_token__isnull=False, lease_expires_at__isnull=False)
                | (~Q(status="sending") & Q(claim_token__isnull=True, lease_expires_at__isnull=True)),
                name="tracking_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0), name="tracking_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"Postback of order {self.conversion.order_id}"

    @property
    def currency(self) -> str:
        """What the amount is in, whatever the offer says now. Without a receipt nothing was converted."""
        return self.conversion.offer_currency or self.conversion.currency


class Attempt(Try):
    """One HTTP try of a postback."""

    postback = models.ForeignKey(Postback, on_delete=models.CASCADE, related_name="attempts")

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="tracking_attempt_by_time")]
