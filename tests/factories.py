"""Rows for tests, in the words of the domain."""

from datetime import datetime, timedelta
from decimal import Decimal

import factory
from django.core.signing import Signer
from django.http import HttpRequest
from django.utils import timezone

from tracking.capture.clicks import Click, KeptClick
from tracking.capture.consent import SESSION_KEY
from tracking.conf import conf
from tracking.models import Conversion, Offer, OrderDetails, Postback
from tracking.orders import CompletedOrder

PARTNER_URL = "https://get.aspr.app/aff_lsr?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"

GLOBAL_URL = "https://get.aspr.app/aff_lsr?transaction_id=TRANSACTION_ID&amount=AMOUNT&adv_unique1=ORDER_ID"


def completed_order(**values: object) -> CompletedOrder:
    """An order of 49.99 USD in goods."""
    return CompletedOrder(**{"order_id": "1001", "currency": "USD", "items_total": Decimal("49.99"), **values})


def visit_from(
    affiliate_id: str, *, clicked_at: datetime | None = None, window_days: int = 28, **ids: str
) -> HttpRequest:
    """A request of a shopper whom an affiliate sent, an hour ago unless told otherwise."""
    clicked_at = clicked_at or timezone.now() - timedelta(hours=1)
    click = Click(affiliate_id=affiliate_id, clicked_at=clicked_at, **ids)
    kept = KeptClick(click, clicked_at + timedelta(days=window_days))
    request = HttpRequest()
    request.COOKIES[conf.cookie_name] = Signer(salt=SESSION_KEY).sign(kept.to_text())
    return request


class OfferFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Offer

    offer_id = "12345"
    name = "Autumn"
    postback_url = PARTNER_URL
    is_default = True


class ConversionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Conversion

    order_id = factory.Sequence(lambda number: f"{1001 + number}")
    outcome = Conversion.Outcome.CREDITED
    reason = "Clicked 2 hours before the order."
    source = Conversion.Source.REMEMBERED
    affiliate_id = "77"
    clicked_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=2))
    offer = factory.SubFactory(OfferFactory)
    currency = "USD"
    items_total = Decimal("49.99")
    completed_at = factory.LazyFunction(timezone.now)
    recorded_at = factory.LazyFunction(timezone.now)


class PostbackFactory(factory.django.DjangoModelFactory):
    """A postback that is due; give `offer=` to use one that exists."""

    class Meta:
        model = Postback

    conversion = factory.SubFactory(ConversionFactory, offer=factory.SelfAttribute("..offer"))
    offer = factory.SubFactory(OfferFactory)
    amount = Decimal("49.99")
    due_at = factory.LazyFunction(timezone.now)
    created_at = factory.LazyFunction(timezone.now)


class OrderDetailsFactory(factory.django.DjangoModelFactory):
    """Order details that are due; give `offer=` to use one that exists."""

    class Meta:
        model = OrderDetails

    conversion = factory.SubFactory(ConversionFactory, offer=factory.SelfAttribute("..offer"))
    offer = factory.SubFactory(OfferFactory, sends_order_details=True)
    amount = Decimal("49.99")
    lines = factory.LazyFunction(
        lambda: [
            {"product_id": "sku-1", "name": "Mug", "price": "24.995", "quantity": 2, "collection_id": "kitchen"},
        ]
    )
    due_at = factory.LazyFunction(timezone.now)
    created_at = factory.LazyFunction(timezone.now)
