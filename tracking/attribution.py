"""Which click earns an order: freezing it when the order is placed. Finding it later: `conversions.finding`."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from tracking.capture.consent import cost_the_click
from tracking.capture.customers import customer_of, customers_clicks
from tracking.capture.keeping import held_clicks
from tracking.conf import conf
from tracking.conversions.considered import PLACES, Asked, to_json, weigh
from tracking.models import RememberedClick
from tracking.models.rows import insert_unless_there
from tracking.models.savepoints import joined_savepoint
from tracking.shield import shielded

if TYPE_CHECKING:
    from django.http import HttpRequest


def remember(request: "HttpRequest", order_id: str) -> None:
    """Freeze the shopper's click for an order that is placed now and completed later, perhaps by a webhook.

    Call it where the order is placed, with the shop's own order number. A shopper without a click is remembered as
    such. The first click remembered for an order stays. Never raises,
    unless the database connection broke and the transaction around it is lost.
    """
    with shielded("Remembering the click for order", order_id), joined_savepoint() as savepoint:
        held = _click_held(request, timezone.now())
        with savepoint.last_statement():
            is_new = insert_unless_there(RememberedClick(order_id=str(order_id), **held), ["order_id"])
        if is_new or not held["clicked_at"]:
            return
        # Asked here and not by the UPDATE alone: on MySQL that would wait for a lock that a refused INSERT left behind.
        remembered = RememberedClick.objects.filter(order_id=str(order_id))
        if remembered.get().clicked_at is None:
            remembered.filter(clicked_at=None).update(**held)


def _click_held(request: "HttpRequest", now: datetime) -> dict[str, Any]:
    """The click that counts for an order placed now, with all that was looked at, as a row keeps it."""
    asked = [Asked("placed", PLACES, held_clicks(request))]
    if conf.customers and (customer_id := customer_of(request)):
        asked.append(Asked("placed", ("customer",), customers_clicks(customer_id)))
    weighed = weigh(asked, attribution=conf.attribution, now=now)
    click = weighed.click
    return {
        "affiliate_id": click.affiliate_id if click else "",
        "offer_id": click.offer_id if click else "",
        "transaction_id": click.transaction_id if click else "",
        "clicked_at": click.clicked_at if click else None,
        "considered": to_json(weighed.considered),
        "lacks_consent": not weighed.is_valid(now) and cost_the_click(request),
        "remembered_at": now,
    }


async def aremember(request: "HttpRequest", order_id: str) -> None:
    """`remember` for async views."""
    await sync_to_async(remember)(request, order_id)
