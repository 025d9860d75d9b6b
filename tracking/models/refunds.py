"""What came back after it was sold: adjustments for a person to make in Aspire, and refunds told before their order."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from tracking.models.fields import IdField
from tracking.models.postbacks import Attempt, Postback
from tracking.orders import ORDER_ID_LENGTH
from tracking.postbacks.verdicts import Verdict

_Status = Postback.Status


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def needed(self) -> "AdjustmentQuerySet":
        """Those whose order Aspire has counted, or may have, at more than should stand; done ones included.

        Not among them: what Aspire provably never counted, or was sent again by hand with the lower amount.
        """
        attempt_counted = Attempt.objects.filter(
            postback=OuterRef("pk"), verdict__in=[Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.UNCONFIRMED]
        )
        may_be_counted = Q(status__in=[_Status.ACCEPTED, _Status.UNCONFIRMED]) | (
            Q(status__in=[_Status.REJECTED, _Status.FAILED, _Status.CANCELLED])
            & (Q(is_in_doubt=True) | Exists(attempt_counted))
        )
        is_too_much = Q(amount_left__lt=F("amount")) | Q(amount=None, amount_left=0)
        counted = Postback.objects.filter(may_be_counted, is_too_much, pk=OuterRef("postback_id"), is_test=False)
        return self.filter(Exists(counted))

    def open(self) -> "AdjustmentQuerySet":
        """Those that wait for a person."""
        return self.needed().filter(done_at=None)

    def done(self) -> "AdjustmentQuerySet":
        """Those that a person has made in Aspire."""
        return self.filter(done_at__isnull=False)


class Adjustment(models.Model):
    """An order that was refunded or cancelled after its postback had left: Aspire takes no word of that, a person has
    to reject it there (Aspire 9527675). One per postback; a further refund opens it again.
    """

    class Reason(models.TextChoices):
        CANCELLED = "cancelled", "Cancelled"
        REFUNDED = "refunded", "Refunded"
        PARTLY_REFUNDED = "partly_refunded", "Partly refunded"

    postback = models.OneToOneField(Postback, on_delete=models.CASCADE, related_name="adjustment")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    since = models.DateTimeField()
    """When the shop told of the refund that has to be seen to."""
    done_at = models.DateTimeField("done", null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    done_by_name = models.CharField("done by", max_length=150, blank=True)
    """Stays when the account goes."""
    note = models.TextField(blank=True)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        indexes = [
            # The worklist: what is not done, the oldest first. The partial one serves PostgreSQL, which does not take
            # the rows of the other with one `done_at` for sorted when it is NULL.
            models.Index(fields=["since", "id"], condition=Q(done_at=None), name="tracking_adjustment_open"),
            models.Index(fields=["done_at", "since"], name="tracking_adjustment_work"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=False) | Q(done_by=None, done_by_name=""),
                name="tracking_adjustment_done_has_date",
            )
        ]

    def __str__(self) -> str:
        return f"Adjustment of order {self.postback.conversion.order_id}"

    @property
    def amount_sent(self) -> Decimal | None:
        """What Aspire has; None for a lead."""
        return self.postback.amount

    @property
    def amount_due(self) -> Decimal:
        """What should stand in Aspire."""
        return self.postback.amount_left or Decimal(0)


class EarlyRefund(models.Model):
    """A refund or a cancellation of an order that is not completed yet, as tracking knows: signals may overtake. Also
    one that could not be applied at once, until the shop's transaction is committed.
    """

    order_id = IdField(max_length=ORDER_ID_LENGTH, unique=True)
    items_left = models.DecimalField(max_digits=15, decimal_places=4)
    shipping_left = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    tax_left = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    is_cancelled = models.BooleanField(default=False)
    told_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"Early refund of order {self.order_id}"
