"""What a landing's parameters amount to, and the text that keeps a click. No database."""

from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.capture.clicks import Click, Finding, KeptClick, Landing, choose, find_id, read_landing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID_CHARACTERS = ascii_letters + digits + "_-"


def click(**values: object) -> Click:
    return Click(**{"affiliate_id": "77", "clicked_at": NOW, **values})


def landing(**parameters: list[str]) -> Landing:
    return read_landing(
        lambda name: parameters.get(name, []),
        affiliate_id_param="affiliate_id",
        offer_id_param="offer_id",
        transaction_id_param="transaction_id",
        now=NOW,
    )


@pytest.mark.parametrize(
    "value",
    ["1", "123456", "007", "0", "a" * 64, "9" * 64, "A-b_9", "-", "_", "102656693ac3ca6e0cdafbfe89ab99"],
)
def test_an_id_is_taken_as_it_stands(value: str) -> None:
    assert find_id([value]) == (Finding.VALID, value)


@pytest.mark.parametrize(
    "value",
    [
        "a" * 65,
        "12 34",
        " 1",
        "1\n",
        "1\r\nSet-Cookie: a=b",
        "1\x00",
        "\x00",
        "\x7f",
        "1;2",
        "1.2",
        "1&status=approved",
        "%31",
        "١٢٣",
        "\uff11\uff12",
        "é",
        "'; DROP TABLE orders; --",
        "<script>alert(1)</script>",
        "{",
        "}",
        "{}",
        "{affiliate_id",
        "{affiliate id}",
        "{" + "a" * 41 + "}",
        "💶",
        "\ufffd",
        "x" * 100_000,
    ],
)
def test_junk_is_no_id(value: str) -> None:
    assert find_id([value]) == (Finding.INVALID, "")


@pytest.mark.parametrize(
    "value",
    [
        "{affiliate_id}",
        "{AFFILIATE_ID}",
        "AFFILIATE_ID",
        "OFFER_ID",
        "TRANSACTION_ID",
        " {affiliate_id} ",
        "%7Baffiliate_id%7D",
        "%7baffiliate_id%7d",
        "{aff_sub5}",
        "%7Btransaction_id}",
    ],
)
def test_an_unreplaced_macro_is_told_apart_from_junk(value: str) -> None:
    assert find_id([value]) == (Finding.UNREPLACED_MACRO, "")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (Finding.ABSENT, "")),
        ([""], (Finding.ABSENT, "")),
        (["", ""], (Finding.ABSENT, "")),
        (["1", "2"], (Finding.VALID, "2")),
        (["1", "junk!"], (Finding.VALID, "1")),
        (["1", ""], (Finding.VALID, "1")),
        (["1", "{affiliate_id}"], (Finding.VALID, "1")),
        (["{affiliate_id}", "1"], (Finding.VALID, "1")),
        (["{affiliate_id}", "junk!"], (Finding.UNREPLACED_MACRO, "")),
        (["junk!", "{affiliate_id}"], (Finding.UNREPLACED_MACRO, "")),
        (["junk!", ""], (Finding.INVALID, "")),
    ],
)
def test_of_a_repeated_parameter_the_last_valid_value_counts(values: list[str], expected: tuple[Finding, str]) -> None:
    assert find_id(values) == expected


@given(st.lists(st.text(max_size=80), max_size=4))
def test_nothing_but_the_allowed_characters_is_ever_taken_for_an_id(values: list[str]) -> None:
    finding, found = find_id(values)
    if finding is Finding.VALID:
        assert 1 <= len(found) <= 64
        assert set(found) <= set(ID_CHARACTERS)
    else:
        assert found == ""


def test_a_landing_with_all_three_ids_is_a_click() -> None:
    found = landing(affiliate_id=["77"], offer_id=["12345"], transaction_id=["abc"])
    assert found == Landing(Finding.VALID, click(offer_id="12345", transaction_id="abc"))


def test_a_transaction_id_alone_is_a_click() -> None:
    assert landing(transaction_id=["abc"]).click == click(affiliate_id="", transaction_id="abc")


def test_an_offer_id_alone_is_no_click() -> None:
    assert landing(offer_id=["12345"]) == Landing(Finding.ABSENT)


@pytest.mark.parametrize("offer_id", ["junk!", "a" * 65, ""])
def test_a_bad_offer_id_leaves_a_click_that_names_none(offer_id: str) -> None:
    assert landing(affiliate_id=["77"], offer_id=[offer_id]) == Landing(Finding.VALID, click())


def test_an_unreplaced_offer_id_beside_a_valid_click_is_told() -> None:
    found = landing(affiliate_id=["77"], offer_id=["{offer_id}"])
    assert found == Landing(Finding.VALID, click(), ("offer_id",))


def test_a_landing_of_unreplaced_macros_names_each() -> None:
    found = landing(affiliate_id=["{affiliate_id}"], transaction_id=["{transaction_id}"])
    assert found == Landing(Finding.UNREPLACED_MACRO, None, ("affiliate_id", "transaction_id"))


def test_junk_is_a_finding_of_its_own() -> None:
    assert landing(affiliate_id=["no id"]) == Landing(Finding.INVALID)


ids = st.text(ID_CHARACTERS, min_size=1, max_size=64)
moments = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(ids, ids | st.just(""), ids | st.just(""), moments, moments)
def test_a_kept_click_is_read_back_as_it_was(
    affiliate_id: str, offer_id: str, transaction_id: str, clicked_at: datetime, until: datetime
) -> None:
    kept = KeptClick(
        Click(affiliate_id=affiliate_id, offer_id=offer_id, transaction_id=transaction_id, clicked_at=clicked_at), until
    )
    assert KeptClick.from_text(kept.to_text()) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "....",
        "1.2.3",
        "1.2.77..x.y",
        "x.2.77..",
        "1.x.77..",
        "1.2...",
        "1.2..12345.",
        "1.2.7 7..",
        "1.2.77..<b>",
        "1.2." + "7" * 65 + "..",
        "9" * 30 + ".2.77..",
        "9" * 5000 + ".2.77..",
    ],
)
def test_a_text_that_keeps_no_click_is_read_as_none(text: str) -> None:
    assert KeptClick.from_text(text) is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    kept = KeptClick.from_text(text)
    assert kept is None or kept.click.affiliate_id or kept.click.transaction_id


OLD, NEW = click(affiliate_id="old", clicked_at=NOW - timedelta(days=1)), click(affiliate_id="new")


@pytest.mark.parametrize(("attribution", "expected"), [("last", NEW), ("first", OLD)])
def test_attribution_says_which_of_two_clicks_counts(attribution: str, expected: Click) -> None:
    assert choose([OLD, NEW], attribution=attribution) == choose([NEW, OLD], attribution=attribution) == expected


def test_of_no_clicks_none_is_chosen() -> None:
    assert choose([], attribution="last") is None


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), True),
        (timedelta(days=28), True),
        (timedelta(days=28, seconds=1), False),
    ],
)
def test_a_window_ends_after_its_last_second(age: timedelta, expected: bool) -> None:
    assert click(clicked_at=NOW - age).is_within(timedelta(days=28), NOW) is expected
