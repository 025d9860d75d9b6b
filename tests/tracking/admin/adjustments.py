"""Orders that came back, and their worklist."""

import csv
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tracking.models import Adjustment, Offer
from tracking.signals import order_refunded

LIST = "/admin/tracking/adjustment/"


def came_back(order_id: str = "1001", left: str = "0", **values: Any) -> Adjustment:
    """An order of 49.99 USD that was reported and of which `left` is left."""
    offer = Offer.objects.first() or OfferFactory.create()
    values = {"status": "accepted", "settled_at": timezone.now(), **values}
    row = PostbackFactory.create(offer=offer, conversion__order_id=order_id, **values)
    order_refunded.send(sender=None, order_id=order_id, items_total=Decimal(left))
    return Adjustment.objects.get(postback=row)


def file_of(client: Client, **query: str) -> list[dict[str, str]]:
    response = client.get(reverse("admin:tracking_adjustment_export"), query)
    assert response.status_code == 200
    return list(csv.DictReader(response.getvalue().decode().splitlines()))
