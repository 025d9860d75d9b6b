"""The local Aspire's rules, by tables of cases."""

from decimal import Decimal

import pytest

from tests.tracking.sandbox.steps import CATALOGUE, NOW, sale
from tracking.sandbox.ledger import Click, Ledger, PostbackRequest
from tracking.sandbox.protocol import judge, read_amount


def ledger_with_click() -> Ledger:
    ledger = Ledger()
    ledger.add_click(Click(clicked_at=NOW, offer_id="12345", aff_id="204817", transaction_id="102abc", landing_url="/"))
    return ledger


@pytest.mark.parametrize(
    ("params", "reply"),
    [
        (sale(), "success=true;"),
        (sale(amount="nonsense"), "success=true;"),
        (sale(offer_id="3", aff_id="204817"), "success=true;"),
        ({"transaction_id": "102abc", "amount": "5"}, "success=true;"),
        (sale(transaction_id="102abc", aff_id="nobody"), "success=true;"),
        (sale(offer_id=""), "success=false; err_msg=Missing required parameter: offer_id;"),
        (sale(offer_id="9"), "success=false; err_msg=Invalid offer #9;"),
        (sale(offer_id="2"), "success=false; err_msg=Offer #2 is not active;"),
        (sale(aff_id=""), "success=false; err_msg=Missing required parameter: aff_id;"),
        (sale(aff_id="9"), "success=false; err_msg=Invalid affiliate #9;"),
        (sale(offer_id="3"), "success=false; err_msg=Affiliate #123456 is not approved for offer #3;"),
        ({"transaction_id": "bad"}, "success=false; err_msg=Invalid Trans. ID #bad;"),
        (
            {"transaction_id": "102abc", "offer_id": "3"},
            "success=false; err_msg=Request offer #3 does not match session offer #12345.;",
        ),
    ],
)
def test_a_postback_is_answered_as_aspire_does(params: dict[str, str], reply: str) -> None:
    decision = judge(params, catalogue=CATALOGUE, ledger=ledger_with_click(), deduplicates=False, now=NOW)
    assert decision.reply == reply
    assert (decision.conversion is not None) == (reply == "success=true;")


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("49.99", "49.99"),
        ("49.9", "49.90"),
        ("0", "0.00"),
        ("007", "7.00"),
        ("", None),
        ("1,234.50", None),
        ("49,99", None),
        ("49.999", None),
        ("$5", None),
        ("-5", None),
        ("1e3", None),
        ("NaN", None),
        (" 5", None),
        ("5\n", None),
        ("\u0665", None),
        ("9" * 13, None),
    ],
)
def test_only_a_plain_decimal_is_an_amount(sent: str, amount: str | None) -> None:
    assert read_amount(sent) == (amount and Decimal(amount))


@pytest.mark.parametrize(
    ("given", "rejection"),
    [("a" * 32, ""), ("b" * 32, "wrong security_token"), ("", "security_token is missing")],
)
def test_a_wrong_token_is_a_success_that_is_stored_as_rejected(given: str, rejection: str) -> None:
    decision = judge(
        sale(offer_id="4", security_token=given),
        catalogue=CATALOGUE,
        ledger=Ledger(),
        deduplicates=False,
        now=NOW,
    )
    assert decision.reply == "success=true;"
    assert decision.conversion
    assert decision.conversion.rejection == rejection


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ({}, {}, True),
        ({}, {"adv_unique1": "1002"}, False),
        ({"adv_unique1": ""}, {"adv_unique1": ""}, False),
        ({"conversion_unique_id": "shop-1"}, {"conversion_unique_id": "shop-2"}, False),
        ({"conversion_unique_id": "shop-1"}, {"conversion_unique_id": "shop-1", "adv_unique1": "2"}, True),
    ],
)
def test_a_deduplicating_aspire_refuses_a_known_unique_id(
    first: dict[str, str], second: dict[str, str], *, is_refused: bool
) -> None:
    ledger, replies = Ledger(), []
    for params in (first, second):
        decision = judge(sale(**params), catalogue=CATALOGUE, ledger=ledger, deduplicates=True, now=NOW)
        replies.append(decision.reply)
        ledger.add_request(
            PostbackRequest(received_at=NOW, path="/", query="", answer="", conversion=decision.conversion)
        )
    assert replies[0] == "success=true;"
    assert (replies[1] == "success=false; err_msg=Duplicate conversion;") == is_refused
