"""`explain_order` prints the story; nothing in it steers the terminal or shows a secret."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError

from tests.factories import OfferFactory
from tests.tracking.explaining.steps import IN_FOUR_MINUTES, NOW, URL, attempt, conversion, postback, remember, told
from tracking.reports.wording import clock, money, span, took

pytestmark = pytest.mark.django_db


def test_the_command_tells_the_whole_story() -> None:
    owed = postback("rejected", attempts_made=1, verdict="rejected", detail="Invalid Trans. ID #5")
    attempt(owed, "rejected", http_status=200, reply="success=false; err_msg=Invalid Trans. ID #5;")
    text = told()
    for expected in (
        "Order 1001",
        "  Affiliate     77",
        "  Outcome       Credited. The affiliate earns this order.",
        "  Reported      49.99 USD",
        "  State         Rejected",
        "  Time          2026-11-22 14:01:00 UTC, took 142 ms",
        f"  URL           {URL}",
        "  Answer        HTTP 200",
        "  Aspire said   success=false; err_msg=Invalid Trans. ID #5;",
        "  Verdict       Rejected. Aspire refused it.",
        "  Next          Nothing by itself: it needs a person.",
        "  What to do    Aspire does not know the transaction id",
    ):
        assert expected in text


def test_an_order_that_is_only_remembered_is_known() -> None:
    remember(affiliate_id="77", clicked_at=NOW)
    text = told()
    assert "it is not completed" in text
    assert "  Affiliate     77" in text


def test_an_order_remembered_without_a_click_says_so() -> None:
    remember()
    assert "none: no affiliate sent the shopper" in told()


def test_an_order_that_nobody_knows_ends_with_1_and_the_reason_in_one_line() -> None:
    with pytest.raises(CommandError, match=r"order_completed was never sent for it") as error:
        told("4711")
    assert error.value.returncode == 1
    assert "\n" not in str(error.value)


def test_no_text_from_outside_steers_the_terminal() -> None:
    owed = postback("rejected", conversion=conversion(affiliate_id="7\x1b[2J7"), attempts_made=1)
    attempt(owed, "rejected", reply="success=false;\x1b]0;owned\x07\u202e")
    text = told()
    assert "7\\x1b[2J7" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_the_security_token_is_masked_wherever_it_stands(settings: Any) -> None:
    settings.TRACKING_SECURITY_TOKEN = "from-the-environment"
    offer = OfferFactory.create(pasted_security_token="0123456789abcdef")
    owed = postback("rejected", conversion=conversion(offer=offer), detail="bad token 0123456789abcdef")
    attempt(
        owed,
        "rejected",
        url=f"{URL}&security_token=0123456789abcdef",
        reply="success=false; err_msg=bad token 0123456789abcdef or from-the-environment;",
    )
    text = told()
    assert "0123456789abcdef" not in text
    assert "from-the-environment" not in text
    assert "security_token=***" in text


# Wording ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (money(Decimal("49.9900"), "USD"), "49.99 USD"),
        (money(Decimal("1E+3"), "USD"), "1000.00 USD"),
        (money(Decimal("49.9950"), "USD"), "49.995 USD"),
        (money(Decimal(0), "USD"), "0.00 USD"),
        (span(timedelta(seconds=-5)), "0 seconds"),
        (span(timedelta(seconds=1)), "1 second"),
        (span(timedelta(minutes=119)), "1 hour"),
        (took(142), "142 ms"),
        (took(15012), "15.0 s"),
    ],
)
def test_wording(written: str, expected: str) -> None:
    assert written == expected


def test_times_are_in_the_projects_time_zone(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    assert clock(NOW, now=NOW) == "15:01 CET"


def test_texts_are_the_same_in_a_german_locale(settings: Any) -> None:
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    postback(due_at=IN_FOUR_MINUTES)
    assert "  Reported      49.99 USD" in told()
