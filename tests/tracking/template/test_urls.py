"""Pasted URLs: what is filled in, what is refused, and that nothing a visitor types adds a parameter."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.template.steps import PASTED, QUERY
from tracking.postbacks.template import MACROS, TemplateError, check, host_allowed, parse

HOSTS = ("get.aspr.app", "aspireiq.go2cloud.org", "*.go2cloud.org", "127.0.0.1", "localhost")
VALUES = {
    "AFFILIATE_ID": "77",
    "AMOUNT": "49.99",
    "ORDER_ID": "1001",
    "TRANSACTION_ID": "102656693ac3ca6e0cdafbfe89ab99",
    "OFFER_ID": "12345",
    "SECURITY_TOKEN": "s3cret",
}
FILLED = "offer_id=12345&aff_id=77&amount=49.99&adv_unique1=1001"


def checked(url: str, *, needs_transaction_id: bool = False, needs_amount: bool = True) -> str:
    """Take a pasted URL the whole way: checked, then filled with VALUES."""
    template = parse(url)
    check(
        template,
        needs_transaction_id=needs_transaction_id,
        needs_amount=needs_amount,
        offer_id="12345",
        hosts=HOSTS,
    )
    return template.fill(VALUES)


GOOD = {
    "as Aspire shows it": (PASTED, f"https://get.aspr.app/aff_lsr?{FILLED}"),
    "blanks around it": (f"  {PASTED}\r\n", f"https://get.aspr.app/aff_lsr?{FILLED}"),
    "a hash path": (f"https://get.aspr.app/SL2?{QUERY}", f"https://get.aspr.app/SL2?{FILLED}"),
    "a hash path without offer_id": (
        "https://get.aspr.app/SL2?a=AFFILIATE_ID&b=AMOUNT&c=ORDER_ID",
        "https://get.aspr.app/SL2?a=77&b=49.99&c=1001",
    ),
    "a parameter without a value": (
        f"https://get.aspr.app/SL2?x9Kp&{QUERY}",
        f"https://get.aspr.app/SL2?x9Kp&{FILLED}",
    ),
    "an empty parameter": (f"https://get.aspr.app/SL2?a=&&{QUERY}", f"https://get.aspr.app/SL2?a=&&{FILLED}"),
    "a host below the suffix": (
        f"https://track.go2cloud.org/aff_lsr?{QUERY}",
        f"https://track.go2cloud.org/aff_lsr?{FILLED}",
    ),
    "a host in capitals": (f"HTTPS://GET.ASPR.APP/aff_lsr?{QUERY}", f"https://GET.ASPR.APP/aff_lsr?{FILLED}"),
    "a port": (f"https://get.aspr.app:8443/aff_lsr?{QUERY}", f"https://get.aspr.app:8443/aff_lsr?{FILLED}"),
    "a fragment": (f"{PASTED}#top", f"https://get.aspr.app/aff_lsr?{FILLED}"),
    "http on this machine": (f"http://127.0.0.1:9000/aff_lsr?{QUERY}", f"http://127.0.0.1:9000/aff_lsr?{FILLED}"),
    "no path": (f"https://get.aspr.app?{QUERY}", f"https://get.aspr.app/?{FILLED}"),
    "braces": (
        "https://get.aspr.app/SL2?a={AFFILIATE_ID}&b={amount}&c={Order_Id}",
        "https://get.aspr.app/SL2?a=77&b=49.99&c=1001",
    ),
    "encoded braces": (
        "https://get.aspr.app/SL2?a=%7BAFFILIATE_ID%7D&b=%7bamount%7d&c=%7Border_id%7D",
        "https://get.aspr.app/SL2?a=77&b=49.99&c=1001",
    ),
    "a longer value": (
        f"{PASTED}&conversion_unique_id=shop-ORDER_ID-v2",
        f"https://get.aspr.app/aff_lsr?{FILLED}&conversion_unique_id=shop-1001-v2",
    ),
    "braces in a longer word": (
        f"{PASTED}&conversion_unique_id=shop_{{ORDER_ID}}x",
        f"https://get.aspr.app/aff_lsr?{FILLED}&conversion_unique_id=shop_1001x",
    ),
    "two macros in a value": (
        f"{PASTED}&adv_sub=AFFILIATE_ID:ORDER_ID",
        f"https://get.aspr.app/aff_lsr?{FILLED}&adv_sub=77:1001",
    ),
    "the offer id by macro": (
        "https://get.aspr.app/aff_lsr?offer_id=OFFER_ID&a=AFFILIATE_ID&b=AMOUNT&c=ORDER_ID",
        "https://get.aspr.app/aff_lsr?offer_id=12345&a=77&b=49.99&c=1001",
    ),
    "the token by macro": (
        f"{PASTED}&security_token=SECURITY_TOKEN",
        f"https://get.aspr.app/aff_lsr?{FILLED}&security_token=s3cret",
    ),
    "an encoded offer id": (
        PASTED.replace("12345", "%31%32345"),
        f"https://get.aspr.app/aff_lsr?{FILLED.replace('12345', '%31%32345')}",
    ),
}


@pytest.mark.parametrize(("pasted", "filled"), list(GOOD.values()), ids=list(GOOD))
def test_a_url_as_aspire_shows_it_is_filled_and_else_left_alone(pasted: str, filled: str) -> None:
    assert checked(pasted) == filled


BAD = {
    "empty": ("", "no URL"),
    "a word": ("AFFILIATE_ID", "“AFFILIATE_ID” is no URL"),
    "no scheme": ("get.aspr.app/aff_lsr", "has to begin with https://"),
    "another scheme": (f"ftp://get.aspr.app/aff_lsr?{QUERY}", "has to begin with https://"),
    "no host": (f"https:///aff_lsr?{QUERY}", "and a host"),
    "http": (PASTED.replace("https", "http"), "has to begin with https://"),
    "another host": (PASTED.replace("get.aspr.app", "evil.example"), "evil.example"),
    "a host that ends alike": (PASTED.replace("get.aspr.app", "evilgo2cloud.org"), "evilgo2cloud.org"),
    "a host that begins alike": (PASTED.replace("get.aspr.app", "get.aspr.app.evil.example"), "evil.example"),
    "the suffix itself": (PASTED.replace("get.aspr.app", "go2cloud.org"), "The host go2cloud.org"),
    "an encoded host": (PASTED.replace("get.aspr.app", "get%2easpr.app"), "is no host"),
    "a user name": (PASTED.replace("get.aspr.app", "get.aspr.app@evil.example"), "a user name before the host"),
    "a backslash": (PASTED.replace("get.aspr.app", "evil.example\\.go2cloud.org"), "“\\” (U+005C)"),
    "a port of no number": (PASTED.replace(".app/", ".app:https/"), "no URL"),
    "a port too high": (PASTED.replace(".app/", ".app:99999/"), "no URL"),
    "an open bracket": (PASTED.replace("get.aspr.app", "[::1"), "no URL"),
    "&amp;": (PASTED.replace("&", "&amp;"), "“&amp;”"),
    "a tag": (f'<img src="{PASTED}">', "This is HTML"),
    "quotation marks": (f'{PASTED}"', '“"” (U+0022)'),
    "a blank inside": (PASTED.replace("&amount", " &amount"), "a blank or a line break"),
    "a line break inside": (PASTED.replace("&amount", "\n&amount"), "a blank or a line break"),
    "a no-break space": (f"{PASTED}&a=b\u00a0c", "a blank or a line break"),
    "a zero-width space": (f"{PASTED}\u200b", "(U+200B)"),
    "a letter that needs encoding": (f"{PASTED}&shop=café", "“é” (U+00E9)"),
    "a stray percent sign": (f"{PASTED}&share=100%", "%25"),
    "a percent sign of no number": (f"{PASTED}&a=%zz", "“%zz” is no percent-encoding"),
    "no affiliate id": (PASTED.replace("AFFILIATE_ID", "77"), "AFFILIATE_ID is missing"),
    "no amount": (PASTED.replace("AMOUNT", "1"), "AMOUNT is missing"),
    "no macros": ("https://get.aspr.app/aff_lsr?offer_id=12345", "AFFILIATE_ID and AMOUNT and ORDER_ID are missing"),
    "macros in the fragment": (PASTED.replace("?", "#"), "are missing"),
    "lower case without braces": (PASTED.replace("=ORDER_ID", "=order_id"), "ORDER_ID is missing"),
    "another offer": (PASTED.replace("12345", "999"), "The URL is for offer 999"),
    "no offer id": (PASTED.replace("offer_id=12345&", ""), "offer_id is missing"),
    "an unknown word": (f"{PASTED}&promo=PROMO_CODE", "“promo=PROMO_CODE”: PROMO_CODE is a placeholder"),
    "an unknown short word": (f"{PASTED}&currency=CURRENCY", "CURRENCY is a placeholder"),
    "an unknown word in braces": (f"{PASTED}&c={{country_code}}", "{country_code} is a placeholder"),
    "an unknown word in encoded braces": (f"{PASTED}&c=%7Bsource%7D", "%7Bsource%7D is a placeholder"),
    "an open brace": (f"{PASTED}&c={{ORDER_ID", "{ is a placeholder"),
    "a macro in the path": (f"https://get.aspr.app/{{offer_id}}/x?{QUERY}", "stands in the path"),
    "a bare macro in the path": (f"https://get.aspr.app/ORDER_ID/x?{QUERY}", "ORDER_ID stands in the path"),
    "a macro for a name": (f"{PASTED}&ORDER_ID=1", "ORDER_ID is a placeholder"),
    "a macro without a name": (f"{PASTED}&TRANSACTION_ID", "TRANSACTION_ID is a placeholder"),
    "a macro in a longer word": (f"{PASTED}&conversion_unique_id=shop_ORDER_ID", "Write it in braces: {ORDER_ID}"),
    "a macro after an encoded blank": (f"{PASTED}&note=%20ORDER_ID", "Write it in braces: {ORDER_ID}"),
    "a macro in a longer macro": (f"{PASTED}&a=MY_ORDER_ID", "Write it in braces: {ORDER_ID}"),
}


@pytest.mark.parametrize(("pasted", "culprit"), list(BAD.values()), ids=list(BAD))
def test_a_url_that_cannot_be_used_is_refused_and_the_culprit_named(pasted: str, culprit: str) -> None:
    with pytest.raises(TemplateError) as error:
        checked(pasted)

    assert culprit in str(error.value)


def test_with_the_protocol_transaction_id_the_offer_id_may_be_left_out() -> None:
    url = "https://get.aspr.app/aff_lsr?transaction_id=TRANSACTION_ID&amount=AMOUNT&adv_unique1=ORDER_ID"

    assert checked(url, needs_transaction_id=True).endswith(
        "?transaction_id=102656693ac3ca6e0cdafbfe89ab99&amount=49.99&adv_unique1=1001"
    )


def test_with_the_protocol_transaction_id_its_macro_is_needed() -> None:
    with pytest.raises(TemplateError, match="TRANSACTION_ID is missing: with the protocol Transaction ID"):
        checked(PASTED, needs_transaction_id=True)


def test_a_lead_needs_no_amount_and_sends_none() -> None:
    assert "AMOUNT" not in checked(PASTED.replace("&amount=AMOUNT", ""), needs_amount=False)
    assert parse(PASTED).fill({**VALUES, "AMOUNT": None}) == (
        "https://get.aspr.app/aff_lsr?offer_id=12345&aff_id=77&adv_unique1=1001"
    )


def test_a_macro_without_a_value_is_named() -> None:
    with pytest.raises(TemplateError, match=r"AMOUNT, ORDER_ID\.$"):
        parse(PASTED).fill({"AFFILIATE_ID": "77"})


@pytest.mark.parametrize("pasted", [pasted for pasted, _ in GOOD.values()], ids=list(GOOD))
def test_reading_a_url_twice_changes_nothing_more(pasted: str) -> None:
    assert str(parse(str(parse(pasted)))) == str(parse(pasted))


# Nothing a visitor types adds or alters a parameter -----------------------------------------------------------


EVERY_MACRO = (
    "https://get.aspr.app/SL2?aff_id=AFFILIATE_ID&amount={amount}&adv_unique1=shop-ORDER_ID"
    "&transaction_id=%7Btransaction_id%7D&sub=AFFILIATE_ID:ORDER_ID"
)
typed = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.text("&=#%+;/?\\ {}_AMOUNTORDER", max_size=40),
    st.sampled_from([*MACROS, *(f"{{{name}}}" for name in MACROS), *(f"%7B{name}%7D" for name in MACROS)]),
)


@given(affiliate_id=typed, order_id=typed, transaction_id=typed)
def test_a_value_stays_one_value_whatever_is_typed(affiliate_id: str, order_id: str, transaction_id: str) -> None:
    url = parse(EVERY_MACRO).fill(
        {
            "AFFILIATE_ID": affiliate_id,
            "ORDER_ID": order_id,
            "TRANSACTION_ID": transaction_id,
            "AMOUNT": "1.00",
        }
    )

    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "get.aspr.app", "/SL2", "")
    assert parse_qsl(parts.query, keep_blank_values=True) == [
        ("aff_id", affiliate_id),
        ("amount", "1.00"),
        ("adv_unique1", f"shop-{order_id}"),
        ("transaction_id", transaction_id),
        ("sub", f"{affiliate_id}:{order_id}"),
    ]
    assert url.isascii()


@pytest.mark.parametrize("order_id", ["AMOUNT", "{AMOUNT}", "%7BAMOUNT%7D", "AFFILIATE_ID"])
def test_a_value_that_reads_like_a_macro_is_not_filled_in_turn(order_id: str) -> None:
    assert parse(PASTED).fill({**VALUES, "ORDER_ID": order_id}).endswith(f"adv_unique1={quote(order_id)}")


# Secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("get.aspr.app", True),
        ("GET.ASPR.APP", True),
        ("a.b.go2cloud.org", True),
        ("go2cloud.org", False),
        ("notgo2cloud.org", False),
        ("aspr.app", False),
        ("", False),
    ],
)
def test_a_host_is_allowed_by_its_name_or_below_a_suffix(host: str, is_allowed: bool) -> None:
    assert host_allowed(host, HOSTS) is is_allowed
