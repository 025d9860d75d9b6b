"""Offers: what Aspire gave the merchant, and the merchant's terms for it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction

from tracking.conf import conf
from tracking.models.fields import IdField
from tracking.models.rows import select
from tracking.postbacks import template

if TYPE_CHECKING:
    from collections.abc import Iterable


def meant_among(offers: "Iterable[Offer]", offer_id: str) -> "Offer | None":
    """The offer that a click with `offer_id` means; see `OfferQuerySet.meant_by`."""
    candidates = [
        offer for offer in offers if offer.is_global or (offer.offer_id == offer_id if offer_id else offer.is_default)
    ]
    return min(candidates, key=lambda offer: (not offer_id and not offer.is_active, offer.is_global), default=None)


class OfferQuerySet(models.QuerySet["Offer"]):
    def meant_by(self, offer_id: str) -> "Offer | None":
        """The offer that a click with `offer_id` means: the one it names, or the default one where it names none.

        The global one stands in where there is no such offer, and where the default one is paused. What a click names
        may be paused or have ended: see `Offer.closed_at`.
        """
        if offer_id:
            found = select(Offer, "offer_id = %s OR is_global", [offer_id])
        else:
            found = select(Offer, "is_default OR is_global", [])
        return meant_among(found, offer_id)

    def named_or_default(self, offer_id: str) -> "Offer | None":
        """The offer that a click means, if it is active."""
        offer = self.meant_by(offer_id)
        return offer if offer and offer.is_active else None


class Offer(models.Model):
    """An Aspire Link Tracking Offer, and how orders are reported to it."""

    class Protocol(models.TextChoices):
        """Which id identifies the click to Aspire (6613917, 6613930)."""

        PARTNER_ID = "partner-id", "Partner ID"
        TRANSACTION_ID = "transaction-id", "Transaction ID"

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        LEAD = "lead", "Lead"

    class Renewals(models.TextChoices):
        """Which renewals of a subscription its affiliate earns (Aspire 7126268)."""

        NONE = "none", "None: the first order alone"
        FIRST = "first", "The first few"
        MONTHS = "months", "For some months"
        FOREVER = "forever", "For as long as the subscription lives"

    class AmountBasis(models.TextChoices):
        """Which of the order's amounts is reported."""

        ITEMS = "items", "Goods after discounts, without tax and shipping"
        TOTAL = "total", "Total paid, with tax and shipping"

    offer_id = IdField(
        "offer id",
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\Z", "Give Aspire's offer id, for example 12345.")],
        help_text="Aspire's own number of the offer.",
    )
    name = models.CharField(max_length=200, blank=True)
    protocol = models.CharField(max_length=20, choices=Protocol.choices, default=Protocol.PARTNER_ID)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SALE)
    postback_url = models.TextField(
        "postback URL",
        help_text="Paste it as Aspire shows it: the offer's “i” icon, then Instructions. Leave the words in capitals.",
    )
    pasted_security_token = models.CharField(max_length=200, blank=True, editable=False)
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Give an ISO 4217 code, for example USD.")],
        help_text="The currency Aspire books the amounts in. Aspire books US dollars.",
    )
    window_days = models.PositiveSmallIntegerField(
        "window (days)",
        default=28,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="How long after a click an order still earns.",
    )
    amount_basis = models.CharField(max_length=10, choices=AmountBasis.choices, default=AmountBasis.ITEMS)
    hold_days = models.PositiveSmallIntegerField(
        "hold (days)",
        default=0,
        db_default=0,
        validators=[MaxValueValidator(365)],
        help_text="How long after an order its postback is held, so that a refund meanwhile costs no commission. "
        "Orders recorded before a change keep the hold they had.",
    )
    renewals = models.CharField("renewals earn", max_length=10, choices=Renewals.choices, default=Renewals.FOREVER)
    renewals_limit = models.PositiveSmallIntegerField(
        "how many",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1200)],
        help_text="How many renewals, or for how many months after the first order. Empty for none and for ever.",
    )
    deduplicates = models.BooleanField(
        "Aspire drops repeated order ids",
        default=False,
        help_text="Only if Aspire confirmed it for this offer: then an unknown outcome is sent again by itself.",
    )
    sends_order_details = models.BooleanField(
        "send order details",
        default=False,
        help_text="Also sends what was bought, and the value in the order's own currency, to Aspire's API for order "
        "details. Needs the secret that Aspire gives you, as TRACKING_ORDER_DETAILS_SECRET.",
    )
    is_default = models.BooleanField(
        "default offer", default=False, help_text="Earns the clicks that name no offer. One offer at most."
    )
    is_global = models.BooleanField(
        "global postback",
        default=False,
        help_text="The postback URL has no offer_id and serves every offer that is not set up here. One offer at most; "
        "needs the protocol Transaction ID.",
    )
    is_active = models.BooleanField("active", default=True)
    ends_at = models.DateTimeField(
        "ends", null=True, blank=True, help_text="Orders placed from then on earn nothing. Empty: no end."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["offer_id"]
        permissions = [("test_offer", "Can send a test postback")]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="tracking_offer_one_default",
                violation_error_message="Another offer is the default already.",
            ),
            models.UniqueConstraint(
                fields=["is_global"],
                condition=models.Q(is_global=True),
                name="tracking_offer_one_global",
                violation_error_message="Another offer is the global one already.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_global=False) | models.Q(protocol="transaction-id"),
                name="tracking_global_offer_protocol",
                violation_error_message="The global postback needs the protocol Transaction ID.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    renewals__in=["first", "months"], renewals_limit__isnull=False, renewals_limit__gte=1
                )
                | models.Q(renewals__in=["none", "forever"], renewals_limit__isnull=True),
                name="tracking_offer_renewals_limit",
                violation_error_message="Say how many renewals, or months; leave it empty for none and for ever.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.offer_id})" if self.name else f"Offer {self.offer_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new default offer takes the place of the old one, and so does a new global one."""
        with transaction.atomic():
            for flag in ("is_default", "is_global"):
                if getattr(self, flag):
                    Offer.objects.filter(**{flag: True}).exclude(pk=self.pk).update(**{flag: False})
            super().save(*args, **kwargs)

    def closed_at(self, moment: datetime) -> str:
        """Why an order placed at `moment` cannot earn under this offer: "is paused", "ended on …"; empty if it can."""
        if not self.is_active:
            return "is paused"
        if self.ends_at and self.ends_at <= moment:
            return f"ended on {self.ends_at:%Y-%m-%d %H:%M %Z}"
        return ""

    def parse_url(self) -> template.Template:
        """Take the pasted URL apart, and check that the offer's postbacks can be built from it and sent there.

        Raises TemplateError that names the culprit.
        """
        parsed = template.parse(self.postback_url)
        template.check(
            parsed,
            needs_transaction_id=self.protocol == self.Protocol.TRANSACTION_ID,
            needs_amount=self.kind == self.Kind.SALE,
            offer_id=None if self.is_global else self.offer_id,
            hosts=conf.postback_hosts,
        )
        return parsed

    def clean(self) -> None:
        """Check the pasted URL and keep a security token in it apart, so that the URL is safe to show.

        Raises ValidationError that names the culprit in the URL.
        """
        self._check_renewals()
        if self.is_global and self.protocol != self.Protocol.TRANSACTION_ID:
            raise ValidationError({"protocol": "The global postback needs the protocol Transaction ID."})
        try:
            parsed = self.parse_url()
        except template.TemplateError as error:
            raise ValidationError({"postback_url": str(error)}) from None
        self.postback_url, token = template.take_security_token(parsed)
        if token:
            self.pasted_security_token = token

    def _check_renewals(self) -> None:
        needs_limit = self.renewals in {self.Renewals.FIRST, self.Renewals.MONTHS}
        if needs_limit and not self.renewals_limit:
            raise ValidationError({"renewals_limit": f"Say how many: {self.get_renewals_display().lower()}."})
        if not needs_limit and self.renewals_limit is not None:
            raise ValidationError(
                {"renewals_limit": f"There is nothing to count: {self.get_renewals_display().lower()}. Leave it empty."}
            )
