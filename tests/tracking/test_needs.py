"""The list of what needs a person: what is on it, in which order, page by page, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.test_query_plans import add, explain, note_sizes, work_of
from tracking.models import Adjustment, Conversion, Offer, Postback
from tracking.reports import needs
from tracking.reports.needs import SOURCES, Place, Source

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def owed(hours_ago: int, **values: Any) -> Postback:
    offer = Offer.objects.first() or OfferFactory.create()
    return PostbackFactory.create(
        offer=offer, created_at=NOW - timedelta(hours=hours_ago), **{"due_at": None, **values}
    )


def undecided(hours_ago: int, **values: Any) -> Conversion:
    completed_at = NOW - timedelta(hours=hours_ago)
    values = {"outcome": "unknown_offer", "offer": None, "completed_at": completed_at, **values}
    return ConversionFactory.create(**values)


def listed(size: int = 50, after: Place | None = None) -> list[tuple[str, int]]:
    return [(need.source.key, need.row.pk) for need in needs.page(SOURCES, after=after, size=size).needs]


# What is on it ----------------------------------------------------------------------------------------------


def test_every_source_is_in_one_list_with_the_oldest_order_first() -> None:
    came_back = owed(9, status="accepted", is_called_off=True, amount_left=0)
    rows = {
        "adjustment": Adjustment.objects.create(
            postback=came_back, reason="refunded", since=NOW - timedelta(minutes=5)
        ),
        "waiting": owed(1, status="pending"),
        "unknown_offer": undecided(2),
        "failed": owed(3, status="failed"),
        "unconfirmed": owed(4, status="unconfirmed"),
        "rejected": owed(5, status="rejected"),
    }

    assert listed() == [(key, row.pk) for key, row in reversed(rows.items())]


@pytest.mark.parametrize("status", ["accepted", "cancelled", "pending", "sending"])
def test_what_settles_itself_is_not_on_it(status: str) -> None:
    sending = {"claim_token": "1" * 32, "lease_expires_at": NOW} if status == "sending" else {}
    owed(1, status=status, due_at=NOW, **sending)
    assert listed() == []


def test_tests_are_not_on_it() -> None:
    owed(1, status="rejected", is_test=True)
    undecided(1, is_test=True)
    assert listed() == []


@pytest.mark.parametrize(("status", "is_listed"), [("rejected", False), ("failed", False), ("unconfirmed", True)])
def test_an_order_that_came_back_is_on_it_only_if_it_may_have_been_counted(status: str, is_listed: bool) -> None:
    owed(1, status=status, is_called_off=True)
    assert bool(listed()) == is_listed


# What it says -----------------------------------------------------------------------------------------------


def told(row: Adjustment | Conversion | Postback) -> needs.Need:
    [need] = [need for need in needs.page(SOURCES, after=None, size=50).needs if need.row == row]
    return need


def test_a_refusal_is_told_in_aspires_words_with_what_to_do() -> None:
    need = told(owed(1, status="rejected", verdict="rejected", detail="Invalid Trans. ID #7"))
    assert need.reason == "Aspire refused it: Invalid Trans. ID #7"
    assert need.advice.startswith("Aspire does not know the transaction id")


def test_a_secret_in_the_reason_is_masked() -> None:
    offer = OfferFactory.create(pasted_security_token="0123456789abcdef")
    row = PostbackFactory.create(offer=offer, status="failed", detail="bad 0123456789abcdef")
    assert told(row).reason == "It did not arrive: bad ***"


@pytest.mark.parametrize(
    ("left", "reason", "advice"),
    [
        (0, "Refunded after it was reported: Aspire has 49.99 USD, 0.00 USD should stand.", "Reject this conversion"),
        (20, "Partly refunded after it was reported: Aspire has 49.99 USD, 20.00 USD should stand.", "reject it whole"),
    ],
)
def test_an_order_that_came_back_says_what_should_stand(left: int, reason: str, advice: str) -> None:
    row = owed(9, status="accepted", amount_left=left)
    row.refresh_from_db()
    kind = "partly_refunded" if left else "refunded"
    adjustment = Adjustment.objects.create(postback=row, reason=kind, since=NOW)
    need = told(adjustment)
    assert need.reason == reason
    assert advice in need.advice


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("not_set_up", "Set up offer 777"),
        ("no_default", "Make one offer the default, or let the Offer URL in Aspire carry offer_id={offer_id}"),
        ("closed", "let the offer take orders again"),
        ("", "Set its offer up"),
    ],
)
def test_an_order_without_an_offer_says_what_it_lacks(cause: str, advice: str) -> None:
    row = undecided(1, cause=cause, click_offer_id="777", reason="No offer 777.")
    assert advice in told(row).advice
    assert told(row).reason == "No offer 777."


# Paging -----------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_and_none_is_missing_also_where_moments_are_the_same() -> None:
    for _ in range(3):
        for status in ("rejected", "failed", "unconfirmed", "pending"):
            owed(2, status=status)
        undecided(2)
        owed(1, status="rejected")
    everything = listed()

    seen, after, pages = [], None, 0
    while True:
        page = needs.page(SOURCES, after=after, size=4)
        seen += [(need.source.key, need.row.pk) for need in page.needs]
        pages += 1
        if page.next is None:
            break
        after = Place.read(str(page.next))

    assert len(everything) == 18
    assert seen == everything
    assert pages == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-11-23T10:00:00~rejected~1",
        "2026-11-23T10:00:00+00:00~nowhere~1",
        "2026-11-23T10:00:00Z~failed~-1",
    ],
)
def test_a_place_that_is_none_is_none(text: str) -> None:
    assert Place.read(text) is None


def test_counts_stop_where_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "MOST_COUNTED", 2)
    for _ in range(4):
        owed(1, status="rejected")
    undecided(1)
    assert needs.counts(SOURCES) == {
        "rejected": 3,
        "unconfirmed": 0,
        "failed": 0,
        "unknown_offer": 1,
        "adjustment": 0,
        "details": 0,
        "waiting": 0,
    }


# What it costs ----------------------------------------------------------------------------------------------

ACCEPTED = 4000
INDEXES = {
    "rejected": "tracking_postback_needs",
    "unconfirmed": "tracking_postback_needs",
    "failed": "tracking_postback_needs",
    "waiting": "tracking_postback_waiting",
    "adjustment": "tracking_adjustment_",  # the partial one, or the one that MySQL has too
    "unknown_offer": "tracking_conv_",
}
ON_POSTBACKS = [source for source in SOURCES if source.model is Postback]


def page_of(source: Source) -> Any:
    place = Place(NOW - timedelta(minutes=30), source.key, 7)
    return lambda _offer: needs.places_after(source, place, 51)


def count_of(source: Source) -> Any:
    return lambda _offer: needs.counts([source])


@pytest.fixture
def long_log() -> Offer:
    """Some rows of each source within a long log of accepted ones."""
    offer: Offer = OfferFactory.create()
    add(offer, ACCEPTED, status="accepted", settled_at=NOW)
    for status in ("rejected", "unconfirmed", "failed", "pending"):
        add(offer, 150, status=status)
    Conversion.objects.bulk_create(
        ConversionFactory.build(offer=None, outcome="unknown_offer", order_id=f"x{number}") for number in range(60)
    )
    note_sizes()
    return offer


@pytest.mark.skipif(connection.vendor == "mysql", reason="The plans of PostgreSQL and SQLite")
@pytest.mark.parametrize("act", [page_of, count_of], ids=["a page", "a count"])
def test_each_source_finds_its_rows_by_an_index_and_sorts_no_table(long_log: Offer, act: Any) -> None:
    for source in [source for source in SOURCES if source.key in INDEXES]:
        plan = explain(act(source), long_log)

        assert INDEXES[source.key] in plan or (act is count_of and "tracking_postback_" in plan), plan
        assert "Seq Scan on tracking_postback" not in plan
        assert "tracking_conv_overview" not in plan  # the whole of it would be read
        if connection.vendor == "sqlite":
            assert "SCAN tracking" not in plan
            assert "TEMP B-TREE" not in plan


def test_it_reads_no_more_when_the_log_has_grown(long_log: Offer) -> None:
    acts = [act(source) for source in ON_POSTBACKS for act in (page_of, count_of)]
    before = [work_of(act, long_log) for act in acts]

    add(long_log, ACCEPTED, status="accepted", settled_at=NOW)
    note_sizes()

    after = [work_of(act, long_log) for act in acts]
    assert all(now <= 1.2 * max(then, 200) for now, then in zip(after, before, strict=True)), (before, after)
