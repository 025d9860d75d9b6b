"""What a check found, and what it may find."""

from typing import Any

from tests.factories import PARTNER_URL, OfferFactory, PostbackFactory
from tracking.models import Offer, Postback
from tracking.reports.diagnose.results import Result


def only(results: Any) -> Result:
    (found,) = results
    assert isinstance(found, Result)
    return found


def postback(**values: Any) -> Postback:
    offer = Offer.objects.first() or OfferFactory.create()
    return PostbackFactory.create(offer=offer, **values)


def offer_at(address: str) -> None:
    OfferFactory.create(postback_url=PARTNER_URL.replace("https://get.aspr.app", address))
