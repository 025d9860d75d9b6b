"""Is what was set up in order? Settings, database, offers, landings and orders so far."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Sum

from tracking.capture.clicks import Finding
from tracking.conf import conf
from tracking.models import Conversion, LandingCount, Offer
from tracking.postbacks import template
from tracking.postbacks.addresses import is_loopback_name
from tracking.reports.diagnose.results import Result, fault, ok, warning
from tracking.reports.wording import count, span

SETTINGS: Final = "Settings"
DATABASE: Final = "Database"
OFFERS: Final = "Offers"
LANDINGS: Final = "Landings"
ORDERS: Final = "Orders"

LANDINGS_LOOKED_AT: Final = timedelta(days=7)
SILENCE: Final = timedelta(days=14)  # longer without any order is worth a look


def check_settings() -> Iterator[Result]:
    """What `manage.py check` has to say of tracking."""
    messages = [message for message in checks.run_checks() if str(message.id).startswith("tracking.")]
    for message in messages:
        tell = fault if message.level >= checks.ERROR else warning
        yield tell(SETTINGS, message.msg, message.hint or "See the settings table in the README.")
    if not messages:
        yield ok(SETTINGS, f"Each can be read; the engine is {conf.engine}.")


def check_database() -> Iterator[Result]:
    """Its tables are those of the code."""
    executor = MigrationExecutor(connection)
    wanted = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "tracking"]
    missing = [f"{migration.app_label}.{migration.name}" for migration, _ in executor.migration_plan(wanted)]
    if missing:
        yield fault(DATABASE, f"Migrations are missing: {', '.join(missing)}.", "Run manage.py migrate.")
    else:
        yield ok(DATABASE, f"It answers ({connection.vendor}), and its tables are up to date.")


def check_offers() -> Iterator[Result]:
    """Each active offer can be reported to, and a click without an offer's id has one to go to."""
    active = list(Offer.objects.filter(is_active=True))
    if not active:
        yield fault(
            OFFERS,
            "There is no active offer: no order earns anything.",
            "Paste the postback URL from Aspire: manage.py set_offer --offer-id 12345 --default --postback-url '…'.",
        )
        return
    problems = [result for offer in active for result in offer_problems(offer)]
    yield from problems
    if not any(offer.is_default for offer in active):
        named = ", ".join(str(offer) for offer in active[:5])
        yield warning(
            OFFERS,
            f"None is the default: a click that names no offer earns nothing (active: {named}).",
            "Run manage.py set_offer --offer-id … --default, or see that every Offer URL in Aspire carries "
            f"{conf.offer_id_param}={{offer_id}}.",
        )
    elif not problems:
        default = next(offer for offer in active if offer.is_default)
        yield ok(OFFERS, f"{count(len(active), 'active offer')}; the default is {default}, {default.postback_url}")


def offer_problems(offer: Offer) -> Iterator[Result]:
    """What keeps an offer from being reported to, or from being the live one."""
    again = f"Paste the URL from Aspire's Instructions again: manage.py set_offer --offer-id {offer.offer_id} …"
    try:
        offer.clean()
        parsed = template.parse(offer.postback_url)
    except ValidationError as error:
        yield fault(OFFERS, f"{offer}: {' '.join(error.messages)}", again)
        return
    except template.TemplateError as error:
        yield fault(OFFERS, f"{offer}: {error}", again)
        return
    token = offer.pasted_security_token or conf.security_token
    if "SECURITY_TOKEN" in parsed.macros and not token:
        yield fault(
            OFFERS,
            f"{offer}: its URL has the macro SECURITY_TOKEN, but there is no token to fill it with.",
            "Set TRACKING_SECURITY_TOKEN, or paste the URL with the token in it.",
        )
    if is_loopback_name(parsed.host) and not conf.is_debug:
        yield warning(
            OFFERS,
            f"{offer}: its postbacks go to this machine ({parsed.host}), as to a sandbox, and DEBUG is off.",
            f"If this is the live shop: {again[0].lower()}{again[1:]}",
        )


def check_landings(now: datetime) -> Iterator[Result]:
    """Landings of the last days that carried an unreplaced macro."""
    since = (now - LANDINGS_LOOKED_AT).date()
    rows = LandingCount.objects.filter(day__gte=since, finding=Finding.UNREPLACED_MACRO)
    counts = rows.values_list("parameter").annotate(total=Sum("count")).order_by("-total")
    told = ", ".join(f"{parameter} {count(total, 'time')}" for parameter, total in counts)
    if told:
        yield warning(
            LANDINGS,
            f"In the last {LANDINGS_LOOKED_AT.days} days links carried an unreplaced macro: {told}.",
            "Check the Offer URL in Aspire: its placeholders are {affiliate_id} and {offer_id}, spelled so. A few may "
            "be people who opened the Offer URL by hand.",
        )
    else:
        yield ok(LANDINGS, f"None in {LANDINGS_LOOKED_AT.days} days carried an unreplaced macro.")


def check_orders(now: datetime) -> Iterator[Result]:
    """Orders reach tracking at all."""
    latest = Conversion.objects.filter(is_test=False).order_by("-completed_at").first()
    if latest is None:
        yield warning(
            ORDERS,
            "Tracking has not heard of any order yet.",
            "If the shop has sold something: see that it sends order_completed when an order is paid.",
        )
    elif now - latest.completed_at > SILENCE:
        yield warning(
            ORDERS,
            f"The last one that tracking heard of, {latest.order_id}, was completed {span(now - latest.completed_at)} "
            "ago.",
            "If the shop has sold something since: see that it still sends order_completed when an order is paid.",
        )
    else:
        ago = span(now - latest.completed_at)
        yield ok(ORDERS, f"The last one that tracking heard of is {latest.order_id}, completed {ago} ago.")
