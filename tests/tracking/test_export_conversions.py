"""`export_conversions` and the admin's export: the ledger of a period as CSV, the same bytes from both."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.admin_pages import staff
from tests.tracking.terminal import run
from tracking.models import Offer
from tracking.reports import ledger

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found


def order(order_id: str, *, at: datetime = NOON, **values: Any) -> None:
    ConversionFactory(order_id=order_id, completed_at=at, **values)


def rows(*arguments: str) -> list[dict[str, str]]:
    ended = run("export_conversions", *arguments)
    assert ended.status == 0, ended.err
    return list(csv.DictReader(StringIO(ended.out, newline="")))


def numbers(*arguments: str) -> list[str]:
    return [row["order"] for row in rows(*arguments)]


def downloaded(client: Client, **values: str) -> Any:
    return client.get(reverse("admin:tracking_conversion_export"), values)


def test_an_order_is_told_in_full(offer: Offer) -> None:
    PostbackFactory(
        offer=offer,
        conversion__order_id="1001",
        conversion__completed_at=NOON,
        conversion__currency="EUR",
        conversion__items_total=Decimal("100.00"),
        conversion__shipping=Decimal("4.90"),
        conversion__tax=Decimal("0.125"),
        conversion__rate=Decimal("1.0912"),
        conversion__offer_currency="USD",
        amount=Decimal("109.12"),
        status="accepted",
        verdict="accepted",
        attempts_made=1,
        settled_at=NOON + timedelta(minutes=1),
    )
    [row] = rows()
    assert row["order"] == "1001"
    assert row["completed"] == "2026-11-10T12:00:00+00:00"
    assert (row["goods"], row["shipping"], row["tax"], row["total"]) == ("100.00", "4.90", "0.125", "105.025")
    assert (row["rate"], row["amount sent"], row["sent in"]) == ("1.0912", "109.12", "USD")
    assert (row["postback"], row["attempts"], row["settled"]) == ("accepted", "1", "2026-11-10T12:01:00+00:00")
    assert (row["outcome"], row["offer"], row["affiliate"], row["renewal"]) == ("credited", "12345", "77", "no")


@pytest.mark.parametrize(
    ("status", "attempts_made", "amount_sent"),
    [
        ("pending", 0, ""),
        ("pending", 1, "49.99"),
        ("cancelled", 0, ""),
        ("failed", 0, ""),
        ("failed", 10, "49.99"),
        ("rejected", 1, "49.99"),
        ("unconfirmed", 0, "49.99"),
        ("accepted", 0, "49.99"),
    ],
)
def test_an_amount_that_nobody_tried_to_send_is_not_told_as_sent(
    offer: Offer, status: str, attempts_made: int, amount_sent: str
) -> None:
    PostbackFactory(offer=offer, status=status, attempts_made=attempts_made)
    assert rows()[0]["amount sent"] == amount_sent


def test_days_are_counted_whole(offer: Offer) -> None:
    for day in (9, 10, 11):
        order(f"first of {day}", at=datetime(2026, 11, day, tzinfo=UTC), offer=offer)
        order(f"last of {day}", at=datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC), offer=offer)
    assert numbers("--since", "2026-11-10", "--until", "2026-11-10") == ["first of 10", "last of 10"]
    assert numbers("--since", "2026-11-11") == ["first of 11", "last of 11"]


def test_it_can_be_narrowed_down(offer: Offer) -> None:
    other = OfferFactory(offer_id="777", is_default=False)
    PostbackFactory(offer=offer, conversion__order_id="failed", status="failed")
    PostbackFactory(offer=other, conversion__order_id="other")
    order("organic", outcome="organic", offer=None)
    assert numbers("--state", "failed") == ["failed"]
    assert numbers("--offer", "777") == ["other"]
    assert numbers("--outcome", "organic") == ["organic"]


def test_tests_are_left_out(offer: Offer) -> None:
    order("TEST-1", is_test=True, offer=offer)
    assert numbers() == []


def test_pages_neither_lose_nor_repeat_an_order(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 3)
    for number in range(10):
        order(str(number), at=NOON + timedelta(minutes=number // 4), offer=offer)
    assert numbers() == [str(number) for number in range(10)]


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(offer: Offer) -> None:
    order("=1+1", offer=offer, affiliate_id="@x")
    [row] = rows()
    assert (row["order"], row["affiliate"]) == ("'=1+1", "'@x")


def test_customers_come_along_only_when_asked_for(offer: Offer) -> None:
    order("1001", customer_id="42", subscription_id="S-7", offer=offer)
    assert {"customer", "subscription"} & rows()[0].keys() == set()
    [row] = rows("--customers")
    assert (row["customer"], row["subscription"]) == ("42", "S-7")


def test_a_file_is_written_whole(offer: Offer, tmp_path: Path) -> None:
    order("1001", offer=offer)
    path = tmp_path / "out.csv"
    assert run("export_conversions", "--output", str(path)).status == 0
    assert path.read_bytes().decode() == run("export_conversions").out
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("arguments", [("--since", "soon"), ("--since", "2026-11-02", "--until", "2026-11-01")])
def test_a_period_that_is_none_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert run("export_conversions", *arguments).status == 2


def test_a_file_that_cannot_be_written_ends_with_1(offer: Offer) -> None:
    assert run("export_conversions", "--output", "/nowhere/out.csv").status == 1


# The admin --------------------------------------------------------------------------------------------------

PERIOD = {"first": "2026-11-01", "last": "2026-11-30"}


def test_the_admin_gives_the_same_bytes(offer: Offer) -> None:
    for number in range(5):
        order(f"ö{number}", reason="“so”, he said", offer=offer)
    order("december", at=datetime(2026, 12, 1, tzinfo=UTC), offer=offer)
    response = downloaded(staff("view_conversion"), **PERIOD)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="conversions-2026-11-01-2026-11-30.csv"' in response["Content-Disposition"]
    same = run("export_conversions", "--since", "2026-11-01", "--until", "2026-11-30").out
    assert b"".join(response.streaming_content) == same.encode()


def test_the_admin_narrows_down_as_the_command_does(offer: Offer) -> None:
    PostbackFactory(offer=offer, conversion__order_id="failed", status="failed", conversion__completed_at=NOON)
    PostbackFactory(offer=offer, conversion__order_id="other", conversion__completed_at=NOON)
    response = downloaded(staff("view_conversion"), **PERIOD, offer="12345", outcome="credited", state="failed")
    options = ("--offer", "12345", "--outcome", "credited", "--state", "failed")
    same = run("export_conversions", "--since", "2026-11-01", "--until", "2026-11-30", *options).out
    assert b"".join(response.streaming_content) == same.encode()


def test_who_may_not_see_orders_exports_none() -> None:
    assert downloaded(staff("view_offer")).status_code == 403
    assert downloaded(Client(), **PERIOD).status_code == 302


def test_who_may_not_see_customers_gets_none(offer: Offer) -> None:
    order("1001", customer_id="c-42", offer=offer)
    client = staff("view_conversion")
    assert "customers" not in downloaded(client).context["form"].fields
    assert b"c-42" not in b"".join(downloaded(client, **PERIOD, customers="on").streaming_content)


def test_who_may_see_customers_can_have_them(offer: Offer) -> None:
    order("1001", customer_id="c-42", offer=offer)
    client = staff("view_conversion", "see_customers")
    assert b"c-42" in b"".join(downloaded(client, **PERIOD, customers="on").streaming_content)


def test_the_page_tells_what_is_wrong(offer: Offer) -> None:
    response = downloaded(staff("view_conversion"), first="2026-11-02", last="2026-11-01")
    assert "no day lies between them" in response.content.decode()


def test_the_list_links_to_it() -> None:
    html = staff("view_conversion").get(reverse("admin:tracking_conversion_changelist")).content.decode()
    assert reverse("admin:tracking_conversion_export") in html


def test_rows_are_read_in_pages(offer: Offer, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    for number in range(3):
        order(str(number), offer=offer)
    lines = ledger.ledger(ledger.Wanted())
    with django_assert_num_queries(1):
        next(lines), next(lines), next(lines)
