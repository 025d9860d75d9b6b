"""The outbox: one postback per conversion, with every attempt. Only `tracking.postbacks.outbox` changes a state."""

from django.db import models
from django.db.models import Q

from tracking.models.conversions import Conversion
from tracking.models.offers import Offer
from tracking.postbacks.verdicts import Verdict


class Postback(models.Model):
    """One message owed to Aspire."""

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
    verdict = models.CharField("last verdict", max_length=12, choices=Verdict.choices(), blank=True)
    detail = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=13, decimal_places=2, null=True)
    due_at = models.DateTimeField(null=True)
    attempts_made = models.PositiveSmallIntegerField("attempts", default=0)
    attempts_before_requeue = models.PositiveSmallIntegerField(default=0)
    """The retry schedule counts from here: a person who sends again gets the whole schedule again."""
    claim_token = models.UUIDField(null=True)
    """The fence: whoever claimed the row settles it only while this is still the token of that claim."""
    lease_expires_at = models.DateTimeField(null=True)
    is_in_doubt = models.BooleanField("in doubt", default=False)
    """An attempt since a person last decided has an unknown outcome; pending only where the offer deduplicates."""
    is_called_off = models.BooleanField("called off", default=False)
    """The order was cancelled or fully refunded: nothing is sent any more, neither by itself nor by a person."""
    is_test = models.BooleanField("test", default=False)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

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
            # outbox.sweep: expired leases.
            models.Index(fields=["lease_expires_at"], condition=Q(status="sending"), name="tracking_postback_leased"),
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


class Attempt(models.Model):
    """One HTTP try, refused connections included."""

    postback = models.ForeignKey(Postback, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField("duration (ms)", null=True)
    url = models.TextField("request URL")
    """With secrets masked."""
    http_status = models.PositiveSmallIntegerField("HTTP status", null=True)
    reply = models.TextField(blank=True)
    """The first 1 KiB of what came back."""
    verdict = models.CharField(max_length=12, choices=Verdict.choices())
    detail = models.TextField(blank=True)
    """What the verdict rests on: Aspire's own words, or what went wrong."""
    is_late = models.BooleanField("too late to count", default=False)
    """The answer came after the lease had expired and the postback had been settled: logged, changing nothing."""

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="tracking_attempt_by_time")]

    def __str__(self) -> str:
        return f"Attempt at {self.started_at:%Y-%m-%d %H:%M:%S}"
