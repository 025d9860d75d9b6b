"""Whatever was exported, and however: what Aspire has is never sent again, and what it lists is never missed."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import OfferFactory
from tests.tracking.exports import ago, listed, sent, write
from tests.tracking.terminal import run
from tracking.models import Attempt, Conversion, ExportColumns, Offer, Postback, Reconciliation, ReconciliationChange
from tracking.reconciliation.findings import Kind

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Sale:
    """An order, and what only Aspire knows of it."""

    hours_ago: int
    offer: str
    affiliate: str
    is_unconfirmed: bool
    arrived: bool
    status: str


SALES = st.lists(
    st.builds(
        Sale,
        hours_ago=st.integers(2, 60),
        offer=st.sampled_from(["12345", "777"]),
        affiliate=st.sampled_from(["77", "88"]),
        is_unconfirmed=st.booleans(),
        arrived=st.booleans(),
        status=st.sampled_from(["approved", "approved", "approved", "pending", "rejected"]),
    ),
    min_size=6,
    max_size=24,
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["approved", "pending", "rejected"]),
        "affiliate": st.sampled_from(["77", "88"]),
        "offer": st.sampled_from(["12345", "777"]),
        "since": st.integers(2, 60),
        "until": st.integers(2, 60),
        "cut": st.integers(0, 24),
        "retyped": st.booleans(),
        "shuffled": st.randoms(use_true_random=False),
    },
)


def exported(sales: dict[str, Sale], how: dict[str, Any]) -> list[str]:
    """The rows that Aspire exports: filtered, cut after some of them in order of time, or retyped by a spreadsheet."""
    there = sorted(sales.items(), key=lambda pair: -pair[1].hours_ago)
    there = [
        (order_id, sale)
        for order_id, sale in there
        if (sale.arrived or not sale.is_unconfirmed)
        and all(getattr(sale, name) == how[name] for name in ("status", "affiliate", "offer") if name in how)
        and how.get("until", 0) <= sale.hours_ago <= how.get("since", 99)
    ][: how.get("cut", 99)]
    if "shuffled" in how:
        how["shuffled"].shuffle(there)
    return [
        listed(
            order_id.lstrip("0") if how.get("retyped") else order_id,
            at=ago(hours=sale.hours_ago),
            status=sale.status,
            affiliate=sale.affiliate,
            offer=sale.offer,
        )
        for order_id, sale in there
    ]


def forget_everything() -> None:
    for model in (ReconciliationChange, Reconciliation, ExportColumns, Attempt, Postback, Conversion, Offer):
        model._default_manager.all().delete()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=SALES, how=FILTERS)
def test_what_aspire_has_is_never_sent_again(tmp_path: Path, sales: list[Sale], how: dict[str, Any]) -> None:
    forget_everything()
    offers = {
        "12345": OfferFactory(),
        "777": OfferFactory(offer_id="777", is_default=False),
    }
    world = {f"00{number + 100}": sale for number, sale in enumerate(sales)}
    for order_id, sale in random.Random(1).sample(sorted(world.items()), len(world)):
        status = "unconfirmed" if sale.is_unconfirmed else "accepted"
        at = ago(hours=sale.hours_ago)
        sent(offers[sale.offer], order_id, at=at, status=status, conversion__affiliate_id=sale.affiliate)
    rows = exported(world, how)
    ended = run("reconcile_postbacks", str(write(tmp_path / "x.csv", rows)), "--apply")
    assert ended.status == (0 if rows else 1), ended.err

    states = dict(Postback.objects.values_list("conversion__order_id", "status"))
    exact = {row.split(",")[3]: row.split(",")[5] for row in rows}
    for order_id, sale in world.items():
        if not sale.is_unconfirmed:
            assert states[order_id] == "accepted"
        elif sale.arrived:
            assert states[order_id] in {"unconfirmed", "accepted"}
        else:
            assert states[order_id] in {"unconfirmed", "pending"}
        if sale.is_unconfirmed and exact.get(order_id, "rejected") != "rejected":
            assert states[order_id] == "accepted"
    if rows:
        found = Reconciliation.objects.get().findings
        counted = sum(found[kind]["count"] for kind in Kind if kind not in {Kind.MISSING, Kind.OPEN})
        assert counted == len(rows)
