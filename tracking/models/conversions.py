"""Conversions: every completed order with the decision on it, and the clicks frozen for orders not yet paid."""

from django.db import models

from tracking.models.fields import IdField
from tracking.models.offers import Offer
from tracking.orders import ORDER_ID_LENGTH


class RememberedClick(models.Model):
    """The click that a shopper held when placing an order; one row an order, also where there was no click.

    A row without ids says "this shopper came by himself", so that whoever confirms the payment later, in whatever
    browser, does not lend the order a click of their own.
    """

    order_id = IdField(max_length=ORDER_ID_LENGTH, unique=True)
    affiliate_id = IdField(max_length=64, blank=True)
    offer_id = IdField(max_length=64, blank=True)
    transaction_id = IdField(max_length=64, blank=True)
    clicked_at = models.DateTimeField(null=True)
    considered = models.JSONField(default=list)
    """See `Conversion.considered`."""
    lacks_consent = models.BooleanField(default=False)
    """A click was not kept, because the shopper had not consented."""
    remembered_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Order {self.order_id}: affiliate {self.affiliate_id or 'none'}"


class ConversionQuerySet(models.QuerySet["Conversion"]):
    def waiting(self) -> "ConversionQuerySet":
        """Orders whose offer was not there, or took no orders: they can be decided on anew."""
        return self.filter(is_test=False, outcome=Conversion.Outcome.UNKNOWN_OFFER)

    def waiting_for(self, offer: Offer) -> "ConversionQuerySet":
        """Those of them whose click means `offer`."""
        if not offer.is_global:
            return self.waiting().filter(click_offer_id__in=[offer.offer_id, *([""] if offer.is_default else [])])
        others = Offer.objects.exclude(pk=offer.pk)
        named = self.waiting().exclude(click_offer_id__in=others.values("offer_id"))
        return named.exclude(click_offer_id="") if others.filter(is_default=True, is_active=True).exists() else named


class Conversion(models.Model):
    """A completed order and the decision which affiliate, if any, earns it."""

    class Outcome(models.TextChoices):
        CREDITED = "credited", "Credited"
        ORGANIC = "organic", "Organic"
        """No affiliate sent the shopper."""
        EXPIRED = "expired", "Expired"
        """The click was older than the offer's window."""
        NO_CONSENT = "no_consent", "No consent"
        """The shopper did not consent to tracking."""
        UNKNOWN_OFFER = "unknown_offer", "Unknown offer"
        """The click names no active offer, and no default offer stands in."""
        EXCLUDED = "excluded", "Excluded"
        """An affiliate sent the shopper, but the order cannot earn; the reason says why."""

    class Cause(models.TextChoices):
        """What kind of reason it is, where an outcome has several: for totals."""

        NOT_SET_UP = "not_set_up", "The offer that the click names is not set up"
        NO_DEFAULT = "no_default", "The click names no offer, and none is the default"
        CLOSED = "closed", "The offer is paused or has ended"
        LACKS_ID = "lacks_id", "The click lacks the id that the offer's protocol reports"
        NO_AMOUNT = "no_amount", "No positive amount"
        RENEWAL_TERMS = "renewal_terms", "A renewal that the offer does not pay for"
        STOPPED = "stopped", "A renewal of a subscription that has stopped"
        CALLED_OFF = "called_off", "The order was cancelled or refunded before its offer was set up"
        LEFT_OUT = "left_out", "A person decided that it is not reported"
        ERASED = "erased", "The click was erased before its offer was set up"

    class Source(models.TextChoices):
        """Where the click was found."""

        REMEMBERED = "remembered", "Remembered when the order was placed"
        REQUEST = "request", "The request that completed the order"
        SERVED_REQUEST = "served_request", "The request being served as the order completed"
        CUSTOMER = "customer", "Kept with the customer"
        SUBSCRIPTION = "subscription", "The subscription's first conversion"
        TEST = "test", "A test by hand"

    order_id = IdField("order", max_length=ORDER_ID_LENGTH)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    reason = models.TextField()
    cause = models.CharField(max_length=20, choices=Cause.choices, blank=True)
    source = models.CharField("click found in", max_length=20, choices=Source.choices, blank=True)
    affiliate_id = IdField("affiliate", max_length=64, blank=True, db_index=True)
    transaction_id = IdField(max_length=64, blank=True)
    click_offer_id = IdField("offer named by the click", max_length=64, blank=True)
    clicked_at = models.DateTimeField(null=True)
    considered = models.JSONField(default=list)
    """What was looked at for a click, as `tracking.conversions.considered` writes it."""
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, null=True, related_name="conversions")
    currency = models.CharField(max_length=3)
    items_total = models.DecimalField(max_digits=15, decimal_places=4)
    shipping = models.DecimalField(max_digits=15, decimal_places=4, default=0)
    tax = models.DecimalField(max_digits=15, decimal_places=4, default=0)
    discount = models.DecimalField(max_digits=15, decimal_places=4, default=0)
    # The database fills these in too: during a deployment processes of the release before go on recording orders.
    amount_basis = models.CharField(
        "basis", max_length=10, choices=Offer.AmountBasis.choices, blank=True, default="", db_default=""
    )
    """Which of the order's amounts is reported, as the offer said when the order was recorded; empty for a lead.

    This and what follows, down to `reported_amount`, is the receipt: see `tracking.conversions.receipts`.
    """
    base_amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    """The order's amount by that basis, in the order's own currency."""
    offer_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    """What `reported_amount` is in, as the offer said."""
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    """Units of `offer_currency` for one of `currency`; 1 where they are the same, None while there is no rate."""
    rate_date = models.DateField(null=True)
    rate_source = models.CharField(max_length=100, blank=True, default="", db_default="")
    reported_amount = models.DecimalField("amount reported", max_digits=15, decimal_places=4, null=True)
    """The number that is sent, unless something came back before; None for a lead, and while there is no rate."""
    items_left = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    """Goods after all refunds so far; None: nothing was refunded."""
    shipping_left = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    tax_left = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    refunded_at = models.DateTimeField(null=True)
    customer_id = IdField("customer", max_length=ORDER_ID_LENGTH, blank=True)
    subscription_id = IdField("subscription", max_length=ORDER_ID_LENGTH, blank=True)
    is_renewal = models.BooleanField("renewal", default=False)
    is_test = models.BooleanField("test", default=False)
    completed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    """When the click and the customer were erased on somebody's wish."""

    objects = ConversionQuerySet.as_manager()

    class Meta:
        permissions = [("see_customers", "May see customers and subscriptions")]
        indexes = [
            # reports.needs: what waits for its offer, oldest order first.
            models.Index(
                fields=["completed_at", "id"],
                condition=models.Q(outcome="unknown_offer", is_test=False),
                name="tracking_conv_waiting",
            ),
            models.Index(fields=["outcome", "completed_at"], name="tracking_conv_by_outcome"),
            # The overview adds up a period from this index alone. It also serves the admin's dates.
            models.Index(
                fields=[
                    "completed_at",
                    "is_test",
                    "outcome",
                    "cause",
                    "currency",
                    "offer",
                    "affiliate_id",
                    "items_total",
                ],
                name="tracking_conv_overview",
            ),
            # The admin's filters for the few among many. MySQL, which has no partial indexes, needs the flag in them.
            models.Index(
                fields=["is_renewal", "id"], condition=models.Q(is_renewal=True), name="tracking_conv_renewals"
            ),
            models.Index(fields=["is_test", "id"], condition=models.Q(is_test=True), name="tracking_conv_tests"),
            # A customer's orders: the admin's search, and erasing.
            models.Index(fields=["customer_id"], condition=~models.Q(customer_id=""), name="tracking_conv_customer"),
            # The first conversion of a subscription, for its renewals.
            models.Index(
                fields=["subscription_id"],
                condition=~models.Q(subscription_id=""),
                name="tracking_conv_subscription",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order_id", "is_test"], name="tracking_conversion_once_per_order"),
            models.CheckConstraint(
                condition=~models.Q(outcome="credited") | models.Q(offer__isnull=False),
                name="tracking_credited_has_offer",
            ),
        ]

    def __str__(self) -> str:
        return f"Order {self.order_id}"
