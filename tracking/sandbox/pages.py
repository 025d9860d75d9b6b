"""The stand-in's pages, rendered by Django's templates with an engine of their own: no settings are read.

Everything a template gets is text, a flag or a count: it is escaped, and no locale can reshape it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.template import Context, Engine

from tracking.sandbox.faults import Fault
from tracking.sandbox.offers import TEST_CREATOR_ID

if TYPE_CHECKING:
    from tracking.sandbox.ledger import Click, Conversion, PostbackRequest
    from tracking.sandbox.order_details import DetailsRequest
    from tracking.sandbox.server import Sandbox

TEMPLATES = Path(__file__).parent.parent / "templates"
SHOWN = 50  # rows of a table

_TOKEN = re.compile(r"(security_token=)[^&]*", re.IGNORECASE)


def page(sandbox: "Sandbox") -> str:
    """Return the whole page."""
    return _render("page.html", {**_live(sandbox), **_links(sandbox), **_switches(sandbox)})


def live(sandbox: "Sandbox") -> str:
    """Return the part of the page that changes by itself."""
    return _render("live.html", _live(sandbox))


def message(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _render("message.html", {"title": title, "text": text})


def mask_token(query: str) -> str:
    """Hide the security token in a raw query: it may be a real one, pasted by mistake."""
    return _TOKEN.sub(r"\1•••", query)


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(TEMPLATES)])


def _render(name: str, values: dict[str, Any]) -> str:
    template = _engine().get_template(f"tracking/sandbox/{name}")
    return template.render(Context(values, use_l10n=False, use_tz=False))


def _links(sandbox: "Sandbox") -> dict[str, Any]:
    landing = urlsplit(sandbox.offer.url)
    # Any page of the shop will do: it takes the Offer URL's place, with the same macros (aspire-protocol §7).
    deep_url = landing._replace(path=f"{landing.path.rstrip('/')}/shop/").geturl()
    return {
        "url": sandbox.url,
        "offer": {"id": sandbox.offer.offer_id, "url": sandbox.offer.url},
        "creators": [
            {
                "name": creator.name,
                "aff_id": creator.aff_id,
                "short": f"/{creator.short_code}",
                "link": _path(sandbox, sandbox.creator_link(creator.aff_id)),
                "deep": _path(sandbox, sandbox.creator_link(creator.aff_id, url=deep_url)),
            }
            for creator in sandbox.catalogue.creators
            if creator.short_code
        ],
        "test_link": _path(sandbox, sandbox.test_link),
        "postback_url": _pieces(sandbox.postback_url),
        "order_details_url": sandbox.order_details_url,
        "other_postback_urls": [
            ("With a hash path", _pieces(sandbox.hash_postback_url)),
            ("Transaction ID", _pieces(sandbox.transaction_postback_url)),
            ("Transaction ID, global", _pieces(sandbox.global_postback_url)),
        ],
    }


def _path(sandbox: "Sandbox", url: str) -> str:
    # Relative, so that the links work under whatever name the page was opened.
    return url.removeprefix(sandbox.url)


def _switches(sandbox: "Sandbox") -> dict[str, Any]:
    return {
        "faults": [
            {
                "value": fault.value,
                "label": fault.label,
                "effect": fault.effect,
                "counts": fault.counts,
                "is_on": fault is sandbox.fault,
            }
            for fault in Fault
        ],
        "is_none_on": sandbox.fault is None,
        "deduplicates": sandbox.deduplicates,
    }


def _live(sandbox: "Sandbox") -> dict[str, Any]:
    names = {creator.aff_id: creator.name for creator in sandbox.catalogue.creators}
    doubles, conversions = sandbox.doubles, sandbox.conversions
    clicks, requests = sandbox.clicks, sandbox.requests
    approved = sum((sale.amount for sale in conversions if not sale.rejection), start=Decimal(0))
    return {
        "fault": _fault(sandbox),
        "held": sandbox.held,
        "conversions": _newest([_conversion(sale, names, doubles) for sale in conversions[-SHOWN:]], conversions),
        "clicks": _newest([_click(click, names) for click in clicks[-SHOWN:]], clicks),
        "requests": _newest([_request(request) for request in requests[-SHOWN:]], requests),
        "details": _newest([_details(one) for one in sandbox.order_details[-SHOWN:]], sandbox.order_details),
        "details_fault": _details_fault(sandbox),
        "doubles": [{"order_id": order_id, "times": times} for order_id, times in doubles.items()],
        "approved": f"{approved:.2f}",
    }


def _newest(rows: list[dict[str, Any]], records: Sequence[object]) -> dict[str, Any]:
    return {"rows": rows[::-1], "total": len(records), "shown": len(rows), "is_cut": len(rows) < len(records)}


def _fault(sandbox: "Sandbox") -> dict[str, Any] | None:
    plan, left = sandbox.plan, sandbox.faults_left
    if plan is None:
        return None
    return {
        "label": plan.fault.label,
        "effect": plan.fault.effect,
        "left": left,
        "counts": plan.counts,
        "is_slow": plan.fault is Fault.SLOW,
    }


def _details_fault(sandbox: "Sandbox") -> dict[str, Any] | None:
    plan = sandbox.details_plan
    return {"label": plan.fault.label, "effect": plan.fault.effect} if plan else None


def _details(request: "DetailsRequest") -> dict[str, Any]:
    return {
        **_time(request.received_at),
        "order_id": _cut(request.order_id, 60) or "-",
        "value": "" if request.value is None else f"{request.value:f}",
        "currency": request.currency,
        "products": str(request.products),
        "answer": _cut(request.answer),
        "is_taken": request.is_taken,
        "fault": request.fault.label if request.fault else "",
    }


def _conversion(sale: "Conversion", names: dict[str, str], doubles: dict[str, int]) -> dict[str, Any]:
    return {
        **_time(sale.received_at),
        "offer_id": sale.offer_id,
        "creator": names.get(sale.aff_id, ""),
        "aff_id": sale.aff_id,
        "order_id": sale.order_id,
        "amount": f"{sale.amount:.2f}",
        "amount_sent": _cut(sale.amount_sent, 40),
        "lost_amount": sale.lost_amount,
        "status": sale.status,
        "rejection": sale.rejection,
        "is_test": sale.is_test,
        "times": 0 if sale.rejection else doubles.get(sale.order_id, 0),
    }


def _click(click: "Click", names: dict[str, str]) -> dict[str, Any]:
    return {
        **_time(click.clicked_at),
        "offer_id": click.offer_id,
        "creator": names.get(click.aff_id, ""),
        "aff_id": click.aff_id,
        "is_test": click.aff_id == TEST_CREATOR_ID,
        "transaction_id": click.transaction_id,
        "landing_url": _pieces(_cut(click.landing_url)),
    }


def _request(request: "PostbackRequest") -> dict[str, Any]:
    return {
        **_time(request.received_at),
        "target": _pieces(_cut(f"{request.path}?{mask_token(request.query)}", 600)),
        "answer": _cut(request.answer),
        "fault": request.fault.label if request.fault else "",
        "counted": request.counted,
    }


def _cut(text: str, length: int = 300) -> str:
    # Not `truncatechars`, which is translated and so needs settings.
    return text if len(text) <= length else f"{text[:length]}…"


def _pieces(url: str) -> list[str]:
    # Where a long URL may break, so that no parameter is broken while there is room.
    return re.split(r"(?=[?&])", url)


def _time(moment: datetime) -> dict[str, str]:
    return {"time": f"{moment.astimezone():%H:%M:%S}", "moment": moment.isoformat(timespec="milliseconds")}
