"""Clicks of signed-in customers, kept with the customer and not with a device. Opt-in: TRACKING_CUSTOMERS."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, InterfaceError, transaction
from django.utils import timezone

from tracking.capture.clicks import Held, KeptClick, add_click, from_text, to_text
from tracking.capture.keeping import kept_clicks
from tracking.conf import conf
from tracking.models import CustomerClicks

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


def customer_of(request: "HttpRequest") -> str:
    """The id of the customer who is signed in: the user's primary key as text; empty where nobody is."""
    user = getattr(request, "user", None)
    return str(user.pk) if user is not None and user.is_authenticated else ""


def customers_clicks(customer_id: str) -> list[Held]:
    """The clicks that are kept with a customer; none unless the project opted in."""
    if not (conf.customers and customer_id):
        return []
    row = CustomerClicks.objects.filter(customer_id=customer_id).first()
    return [Held("customer", kept) for kept in from_text(row.clicks)] if row else []


def keep_with_customer(request: "HttpRequest", kept: KeptClick) -> None:
    """Keep a click with the customer who is signed in, if one is. Never raises."""
    if conf.customers and (customer_id := _known_customer(request)):
        _keep(customer_id, [kept])


def keep_at_login(sender: object, request: "HttpRequest | None" = None, user: Any = None, **_kwargs: Any) -> None:
    """Receive `user_logged_in`: the clicks of this device are the customer's from now on."""
    if conf.customers and request is not None and user is not None:
        now = timezone.now()
        try:
            held = [kept for kept in kept_clicks(request) if kept.until >= now]
        except Exception:
            logger.exception("The clicks of a customer who signs in could not be read.")
            return
        _keep(str(user.pk), held)


def forget_customer(request: "HttpRequest") -> None:
    """Delete what is kept with the customer who is signed in: consent was withdrawn. Never raises."""
    if conf.customers and (customer_id := _known_customer(request)):
        try:
            with transaction.atomic():
                CustomerClicks.objects.filter(customer_id=customer_id).delete()
        except (DatabaseError, InterfaceError):
            logger.exception("The clicks of a customer could not be deleted.")


def _known_customer(request: "HttpRequest") -> str:
    try:
        return customer_of(request)
    except Exception:  # whatever the session or the backend of users makes of a database that is away
        logger.exception("Who is signed in could not be read.")
        return ""


def _keep(customer_id: str, clicks: Sequence[KeptClick]) -> None:
    if not clicks:
        return
    try:
        with transaction.atomic():
            _add(customer_id, clicks)
            CustomerClicks.objects.filter(until__lt=timezone.now()).delete()  # of no more use
    except (DatabaseError, InterfaceError):
        logger.exception("A click could not be kept with its customer; the device keeps it all the same.")


def _add(customer_id: str, clicks: Sequence[KeptClick]) -> None:
    """Add to the customer's row, under its lock: a customer may use two devices at once."""
    rows = CustomerClicks.objects.select_for_update()
    row = rows.filter(customer_id=customer_id).first()
    if row is None:
        try:
            with transaction.atomic():
                CustomerClicks.objects.create(customer_id=customer_id, **_written([], clicks))
            return
        except IntegrityError:  # another device was first
            row = rows.get(customer_id=customer_id)
    held = from_text(row.clicks)
    new = [kept for kept in clicks if kept not in held]
    if new:
        CustomerClicks.objects.filter(pk=row.pk).update(**_written(held, new))


def _written(held: Sequence[KeptClick], clicks: Sequence[KeptClick]) -> dict[str, Any]:
    now, merged = timezone.now(), list(held)
    for kept in clicks:
        merged = add_click(merged, kept, attribution=conf.attribution, now=now)
    return {"clicks": to_text(merged), "until": max(kept.until for kept in merged)}
