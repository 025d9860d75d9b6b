"""`set_offer`: from what Aspire shows to an offer, and the same again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import GLOBAL_URL, PARTNER_URL, ConversionFactory, OfferFactory
from tests.tracking.terminal import Ended, run
from tracking.models import Offer

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789abcdef"


def set_offer(*arguments: str, offer_id: str = "12345") -> Ended:
    return run("set_offer", "--offer-id", offer_id, *arguments)


def values(offer_id: str = "12345") -> dict[str, Any]:
    return Offer.objects.values().get(offer_id=offer_id)


def test_a_url_is_enough_for_a_new_offer() -> None:
    ended = set_offer("--postback-url", PARTNER_URL, "--default")
    assert (ended.status, ended.out) == (0, f"Offer 12345 is set up: {PARTNER_URL}\n")
    offer = Offer.objects.get()
    assert (offer.protocol, offer.window_days, offer.deduplicates, offer.is_default) == ("partner-id", 28, False, True)
    assert (offer.currency, offer.is_active) == ("USD", True)


def test_every_option_is_kept() -> None:
    set_offer(
        *("--postback-url", GLOBAL_URL, "--name", "Autumn", "--protocol", "transaction-id"),
        *("--window-days", "7", "--deduplicates", "--default"),
    )
    offer = Offer.objects.get()
    assert (offer.name, offer.protocol, offer.window_days) == ("Autumn", "transaction-id", 7)
    assert (offer.deduplicates, offer.is_default) == (True, True)


def test_a_new_url_takes_the_place_of_the_old_one_with_its_token() -> None:
    set_offer("--postback-url", f"{PARTNER_URL}&security_token={TOKEN}")
    set_offer("--postback-url", f"{PARTNER_URL}&security_token=SECURITY_TOKEN")
    assert Offer.objects.get().pasted_security_token == ""


def test_running_it_again_changes_nothing() -> None:
    arguments = ("--postback-url", f"{PARTNER_URL}&security_token={TOKEN}", "--name", "Autumn", "--default")
    set_offer(*arguments)
    before = values()
    ended = set_offer(*arguments)
    assert (ended.status, values()) == (0, before)
    assert "Autumn (12345) is saved" in ended.out


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ((), {}),
        (("--name", "Winter"), {"name": "Winter"}),
        (("--name", ""), {"name": ""}),
        (("--window-days", "7"), {"window_days": 7}),
        (("--no-deduplicates",), {"deduplicates": False}),
        (("--no-default",), {"is_default": False}),
    ],
)
def test_what_is_not_given_stays(arguments: tuple[str, ...], changed: dict[str, object]) -> None:
    set_offer("--postback-url", f"{PARTNER_URL}&security_token={TOKEN}", "--deduplicates", "--default")
    Offer.objects.update(currency="EUR", amount_basis="total", kind="sale")
    before = values()
    assert set_offer(*arguments).status == 0
    assert values() == {**before, **changed}


def test_a_new_default_takes_the_place_of_the_old() -> None:
    OfferFactory(offer_id="1")
    set_offer("--postback-url", PARTNER_URL, "--default")
    assert list(Offer.objects.filter(is_default=True).values_list("offer_id", flat=True)) == ["12345"]


@pytest.mark.parametrize("arguments", [(), ("--no-default",)])
def test_without_a_default_offer_it_warns(arguments: tuple[str, ...]) -> None:
    ended = set_offer("--postback-url", PARTNER_URL, *arguments)
    assert "No offer is the default" in ended.out


def test_beside_a_default_offer_it_does_not_warn() -> None:
    OfferFactory(offer_id="1")
    assert "No offer is the default" not in set_offer("--postback-url", PARTNER_URL).out


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ((), "Offer 12345 is new: give its --postback-url, in quotes."),
        (("--name", "Autumn"), "Offer 12345 is new"),
        (("--postback-url", ""), "--postback-url: "),
        (("--postback-url", "get.aspr.app/aff_lsr"), "--postback-url: “get.aspr.app/aff_lsr” is no URL"),
        (("--postback-url", PARTNER_URL.replace("amount=AMOUNT&", "")), "AMOUNT is missing"),
        (("--postback-url", PARTNER_URL, "--protocol", "transaction-id"), "TRANSACTION_ID is missing"),
        (("--postback-url", PARTNER_URL, "--window-days", "0"), "--window-days: "),
        (("--postback-url", PARTNER_URL, "--window-days", "3651"), "--window-days: "),
        (("--postback-url", PARTNER_URL, "--name", "a" * 201), "--name: "),
        (("--postback-url", PARTNER_URL.replace("=12345", "=999")), "offer_id=999"),
    ],
)
def test_wrong_usage_is_told_with_the_culprit_and_saves_nothing(arguments: tuple[str, ...], culprit: str) -> None:
    ended = set_offer(*arguments)
    assert ended.status == 2
    assert culprit in ended.err
    assert "\n" not in ended.err
    assert not Offer.objects.exists()


def test_an_offer_id_that_cannot_be_is_wrong_usage() -> None:
    ended = set_offer("--postback-url", PARTNER_URL, offer_id="12 345")
    assert (ended.status, "--offer-id: " in ended.err) == (2, True)


def test_a_wrong_change_leaves_the_offer_as_it_was() -> None:
    set_offer("--postback-url", PARTNER_URL, "--default")
    before = values()
    assert set_offer("--name", "Winter", "--window-days", "0").status == 2
    assert values() == before


@pytest.mark.parametrize("arguments", [[], ["--offer-id", "1", "--window-days", "x"], ["--offer-id", "1", "--what"]])
def test_options_that_do_not_exist_or_lack_are_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("set_offer", *arguments)


def test_a_url_cut_off_by_the_shell_is_explained() -> None:
    ended = set_offer("--postback-url", PARTNER_URL.partition("&")[0])
    assert ended.status == 2
    assert "in a shell it has to stand in quotes" in ended.err


def test_a_whole_url_is_not_taken_for_one_cut_off() -> None:
    assert "quotes" not in set_offer("--postback-url", PARTNER_URL.replace("&amount=AMOUNT", "")).err


# Several offers ---------------------------------------------------------------------------------------------


def test_the_global_postback_needs_no_offer_id_and_brings_its_protocol() -> None:
    assert run("set_offer", "--global", "--postback-url", GLOBAL_URL).status == 0
    offer = Offer.objects.get()
    assert (offer.offer_id, offer.is_global, offer.protocol) == ("global", True, "transaction-id")


def test_the_global_postback_serves_clicks_that_name_no_offer_so_nothing_is_warned_about() -> None:
    assert "No offer is the default" not in run("set_offer", "--global", "--postback-url", GLOBAL_URL).out


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (("--postback-url", PARTNER_URL), "offer_id=12345"),
        (("--postback-url", f"{GLOBAL_URL}&offer_id=OFFER_ID"), "names no offer"),
        (("--postback-url", GLOBAL_URL, "--protocol", "partner-id"), "needs the protocol Transaction ID"),
    ],
)
def test_a_global_postback_that_cannot_be_is_refused(arguments: tuple[str, ...], culprit: str) -> None:
    ended = run("set_offer", "--global", *arguments)
    assert ended.status == 2
    assert culprit in ended.err or "TRANSACTION_ID" in ended.err
    assert not Offer.objects.exists()


def test_without_an_offer_id_it_asks_for_one() -> None:
    ended = run("set_offer", "--postback-url", PARTNER_URL)
    assert (ended.status, "give --offer-id" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        (("--no-active",), {"is_active": False}),
        (("--ends-at", "2026-12-31"), {"ends_at": datetime(2026, 12, 31, tzinfo=UTC)}),
        (("--ends-at", "2026-12-31T18:00+02:00"), {"ends_at": datetime(2026, 12, 31, 16, tzinfo=UTC)}),
        (("--renewals", "first", "--renewals-limit", "3"), {"renewals": "first", "renewals_limit": 3}),
        (("--renewals", "months", "--renewals-limit", "12"), {"renewals": "months", "renewals_limit": 12}),
        (("--renewals", "none"), {"renewals": "none", "renewals_limit": None}),
    ],
)
def test_the_terms_of_an_offer_are_kept_and_can_be_taken_back(
    arguments: tuple[str, ...], changed: dict[str, object]
) -> None:
    set_offer("--postback-url", PARTNER_URL, "--default")
    before = values()
    assert set_offer(*arguments).status == 0
    assert values() == {**before, **changed}
    assert set_offer("--active", "--ends-at", "never", "--renewals", "forever").status == 0
    assert values() == before


def test_a_limit_alone_changes_the_number() -> None:
    set_offer("--postback-url", PARTNER_URL, "--default", "--renewals", "first", "--renewals-limit", "3")
    set_offer("--renewals-limit", "6")
    assert values()["renewals_limit"] == 6


@pytest.mark.parametrize(
    "arguments",
    [
        ("--renewals", "first"),
        ("--renewals", "forever", "--renewals-limit", "3"),
        ("--renewals-limit", "3"),
        ("--renewals", "months", "--renewals-limit", "0"),
    ],
)
def test_terms_for_renewals_that_say_nothing_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    set_offer("--postback-url", PARTNER_URL, "--default")
    before = values()
    ended = set_offer(*arguments)
    assert (ended.status, values()) == (2, before)
    assert "--renewals-limit" in ended.err


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="is no time"):
        call_command("set_offer", "--offer-id", "12345", "--ends-at", "tomorrow")


def test_orders_that_wait_for_the_offer_are_told_with_the_way_to_decide_on_them() -> None:
    waiting = {"outcome": "unknown_offer", "offer": None}
    ConversionFactory(click_offer_id="12345", **waiting)
    ConversionFactory(click_offer_id="999", **waiting)
    assert "may earn under it: 1. " in set_offer("--postback-url", PARTNER_URL).out
    assert "may earn" not in set_offer("--no-active").out


# Secrets ----------------------------------------------------------------------------------------------------


def test_a_pasted_token_is_kept_and_not_shown() -> None:
    ended = set_offer("--postback-url", f"{PARTNER_URL}&security_token={TOKEN}")
    assert TOKEN not in ended.out
    assert "security_token=SECURITY_TOKEN" in ended.out
    assert Offer.objects.get().pasted_security_token == TOKEN


@pytest.mark.parametrize("rest", ["&api_key=s3cret", "&security_token=s3cret"])
def test_no_secret_is_shown(rest: str) -> None:
    assert "s3cret" not in set_offer("--postback-url", PARTNER_URL + rest).out


def test_a_refused_url_is_shown_without_its_token() -> None:
    ended = set_offer("--postback-url", f"x?security_token={TOKEN}")
    assert ended.status == 2
    assert TOKEN not in ended.err
