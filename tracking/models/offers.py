"""Offers: what Aspire gave the merchant, and the merchant's terms for it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction

from tracking.conf import conf
from tracking.models.fields import IdField
from tracking.postbacks import template


class OfferQuerySet(models.QuerySet["Offer"]):
    def named_or_default(self, offer_id: str) -> "Offer | None":
        """The active offer that a click names, or the default one where it names none."""
        wanted = models.Q(offer_id=offer_id) if offer_id else models.Q(is_default=True)
        return self.filter(wanted, is_active=True).first()


class Offer(models.Model):
    """An Aspire Link Tracking Offer, and how orders are reported to it."""

    class Protocol(models.TextChoices):
        """Which id identifies the click to Aspire (6613917, 6613930)."""

        PARTNER_ID = "partner-id", "Partner ID"
        TRANSACTION_ID = "transaction-id", "Transaction ID"

    class Kind(models.TextChoices):
        SALE = "sale", "Sale"
        LEAD = "lead", "Lead"

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
    deduplicates = models.BooleanField(
        "Aspire drops repeated order ids",
        default=False,
        help_text="Only if Aspire confirmed it for this offer: then an unknown outcome is sent again by itself.",
    )
    is_default = models.BooleanField(
        "default offer", default=False, help_text="Earns the clicks that name no offer. One offer at most."
    )
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["offer_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="tracking_offer_one_default",
                violation_error_message="Another offer is the default already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.offer_id})" if self.name else f"Offer {self.offer_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new default offer takes the place of the old one."""
        with transaction.atomic():
            if self.is_default:
                Offer.objects.filter(is_default=True).exclude(pk=self.pk).update(is_default=False)
            super().save(*args, **kwargs)

    def clean(self) -> None:
        """Check the pasted URL and keep a security token in it apart, so that the URL is safe to show.

        Raises ValidationError that names the culprit in the URL.
        """
        try:
            parsed = template.parse(self.postback_url)
            template.check(
                parsed,
                needs_transaction_id=self.protocol == self.Protocol.TRANSACTION_ID,
                needs_amount=self.kind == self.Kind.SALE,
                offer_id=self.offer_id,
                hosts=conf.postback_hosts,
            )
        except template.TemplateError as error:
            raise ValidationError({"postback_url": str(error)}) from None
        self.postback_url, token = template.take_security_token(parsed)
        if token:
            self.pasted_security_token = token
