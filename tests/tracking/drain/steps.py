"""Rows at a server of the test."""

from collections import Counter

from tests.factories import OfferFactory, PostbackFactory
from tests.tracking.fault_server import FaultServer
from tracking.models import Offer, Postback
from tracking.postbacks.exchanges import Timeouts

TIMEOUTS = Timeouts(connect=2, read=2, whole=3)
QUERY = "aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"


def offer_at(server: FaultServer) -> Offer:
    return OfferFactory(postback_url=f"http://127.0.0.1:{server.port}/aff_lsr?{QUERY}")


def owe(offer: Offer, count: int = 1) -> list[Postback]:
    return [PostbackFactory(offer=offer) for _ in range(count)]


def states() -> Counter[str]:
    return Counter(Postback.objects.values_list("status", flat=True))
