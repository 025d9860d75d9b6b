"""What needs somebody, and the page that asks for something to be done about it."""

from typing import Any

from django.test import Client
from django.urls import reverse

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion, Offer, Postback

LIST = reverse("admin:tracking_needsme_changelist")
EVERYTHING = ("view_postback", "view_conversion", "resend_postback", "settle_postback", "change_offer", "add_offer")


def owed(status: str = "rejected", **values: Any) -> Postback:
    offer = Offer.objects.first() or OfferFactory.create()
    return PostbackFactory.create(offer=offer, **{"due_at": None, "status": status, **values})


def undecided(**values: Any) -> Conversion:
    return ConversionFactory.create(
        **{"outcome": "unknown_offer", "offer": None, "cause": "not_set_up", "click_offer_id": "777", **values}
    )


def ask(client: Client, **values: Any) -> Any:
    return client.post(LIST, values, follow=True)
