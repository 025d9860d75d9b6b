"""`send_test_postback` used wrongly, or only to look: nothing is sent."""

from typing import Any

import pytest

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.send_test_postback.steps import send
from tracking.models import Conversion, Offer, Postback
from tracking.sandbox import Sandbox

pytestmark = pytest.mark.django_db


# Wrong usage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (("--amount", "0"), "--amount is '0'"),
        (("--amount", "-1"), "--amount is '-1'"),
        (("--amount", "1.001"), "--amount is '1.001'"),
        (("--amount", "1,00"), "--amount is '1,00'"),
        (("--amount", "NaN"), "--amount is 'NaN'"),
        (("--amount", "1E+999999"), "--amount is '1E+999999'"),
        (("--amount", "lots"), "--amount is 'lots'"),
        (("--amount", ""), "--amount is ''"),
        (("--affiliate-id", "no id"), "--affiliate-id is 'no id'"),
        (("--affiliate-id", ""), "--affiliate-id is empty"),
        (("--affiliate-id", "1" * 65), "--affiliate-id is "),
        (("--transaction-id", "a&b"), "--transaction-id is 'a&b'"),
        (("--order-id", ""), "--order-id: "),
        (("--order-id", "a" * 129), "--order-id: "),
        (("--offer", "999"), "There is no offer 999. Known: 12345."),
    ],
)
def test_wrong_usage_exits_2_and_sends_nothing(
    offer: Offer, sandbox: Sandbox, arguments: tuple[str, ...], culprit: str
) -> None:
    ended = send(*arguments)
    assert ended.status == 2
    assert culprit in ended.err
    assert sandbox.requests == ()
    assert not Postback.objects.exists()


def test_without_an_offer_it_says_how_to_get_one() -> None:
    ended = send()
    assert (ended.status, "set one up with set_offer" in ended.err) == (2, True)


def test_without_a_default_offer_it_says_how_to_name_one() -> None:
    OfferFactory(is_default=False)
    ended = send()
    assert (ended.status, "name one with --offer" in ended.err) == (2, True)


def test_the_protocol_transaction_id_needs_an_id_from_a_real_click(sandbox: Sandbox) -> None:
    OfferFactory(postback_url=sandbox.transaction_postback_url, protocol="transaction-id")
    ended = send()
    assert (ended.status, "give a --transaction-id" in ended.err) == (2, True)


def test_an_order_id_used_by_a_test_is_wrong_usage(offer: Offer, sandbox: Sandbox) -> None:
    send("--order-id", "TEST-1")
    ended = send("--order-id", "TEST-1")
    assert ended.status == 2
    assert "--order-id TEST-1 has been used by a test" in ended.err
    assert len(sandbox.requests) == 1


def test_a_real_orders_id_is_wrong_usage(offer: Offer, sandbox: Sandbox) -> None:
    """Aspire is not known to drop repeats: the creator of the test would be paid for the order as well."""
    ConversionFactory(order_id="1001", offer=offer)
    ended = send("--order-id", "1001")
    assert (ended.status, sandbox.requests) == (2, ())
    assert "is a real order" in ended.err


# A dry run ----------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_the_url_and_does_nothing(offer: Offer, sandbox: Sandbox) -> None:
    ended = send("--dry-run", "--order-id", "TEST-1")
    assert ended.status == 0
    assert "adv_unique1=TEST-1" in ended.out
    assert "Nothing was sent" in ended.out
    assert sandbox.requests == ()
    assert not Conversion.objects.exists()


def test_a_url_that_cannot_be_built_exits_1(offer: Offer) -> None:
    Offer.objects.update(postback_url=f"{offer.postback_url}&security_token=SECURITY_TOKEN")
    for arguments in (("--dry-run",), ()):
        ended = send(*arguments)
        assert ended.status == 1
        assert "TRACKING_SECURITY_TOKEN is not set" in ended.err
    assert not Conversion.objects.exists()


def test_a_host_that_is_no_longer_allowed_exits_1(offer: Offer, sandbox: Sandbox, settings: Any) -> None:
    settings.TRACKING_POSTBACK_HOSTS = ["get.aspr.app"]
    ended = send()
    assert (ended.status, "TRACKING_POSTBACK_HOSTS" in ended.err) == (1, True)
    assert sandbox.requests == ()
