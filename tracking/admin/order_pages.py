"""What an order's page shows beside its story: the other pages of the order, and what people did to it here."""

from collections.abc import Iterator
from typing import Any, Final

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.http import HttpRequest
from django.urls import reverse

from tracking.models import Conversion
from tracking.reports.timeline import Event

_LABELS: Final = {
    "conversion": "The order and who earns it",
    "postback": "Its postback",
    "orderdetails": "Its order details",
    "adjustment": "Its adjustment: something came back",
    "offer": "Its offer",
}


def rows_of(conversion_id: int) -> dict[str, Model]:
    """The rows that an order has, by the name of their model."""
    beside = ("offer", "postback__offer", "postback__adjustment", "order_details")
    whole = Conversion.objects.select_related(*beside).get(pk=conversion_id)
    postback = getattr(whole, "postback", None)
    details, adjustment = getattr(whole, "order_details", None), getattr(postback, "adjustment", None)
    offer = postback.offer if postback else whole.offer
    found = {
        "conversion": whole,
        "postback": postback,
        "orderdetails": details,
        "adjustment": adjustment,
        "offer": offer,
    }
    return {name: row for name, row in found.items() if row is not None}


def other_pages(site: AdminSite, request: HttpRequest, rows: dict[str, Model], *, but: str) -> list[tuple[str, str]]:
    """The pages of these rows that this person may see, but one: what they are called, and their addresses."""
    return [
        (_LABELS[name], reverse(f"admin:tracking_{name}_change", args=[row.pk], current_app=site.name))
        for name, row in rows.items()
        if name != but and site.is_registered(type(row)) and request.user.has_perm(f"tracking.view_{name}")
    ]


def done_by_people(rows: dict[str, Model], told: set[str]) -> Iterator[Event]:
    """What the admin wrote down about an order's rows, as events; `told` are texts that other events say already."""
    about = Q()
    for name in rows.keys() - {"offer"}:
        kind = ContentType.objects.get_for_model(type(rows[name]))
        about |= Q(content_type=kind, object_id=str(rows[name].pk))
    entry: Any
    for entry in LogEntry.objects.filter(about).order_by("action_time"):
        message = entry.get_change_message()
        if message and message not in told:
            yield Event(at=entry.action_time, title=message.removesuffix("."))
