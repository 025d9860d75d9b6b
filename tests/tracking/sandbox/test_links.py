"""Where its links lead."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.tracking.sandbox.steps import CATALOGUE, EVIL, NOW, TIMEOUT
from tracking.sandbox import Offer, Sandbox
from tracking.sandbox.links import UnavailableLinkError, follow
from tracking.sandbox.offers import DEFAULT_CREATORS, Catalogue, fill_macros


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("http://shop/?a={affiliate_id}", "http://shop/?a=1%262%3D3%20%C3%A9"),
        ("http://shop/?a={affiliate_id}&b={unknown}", "http://shop/?a=1%262%3D3%20%C3%A9&b={unknown}"),
        ("http://shop/\r\nSet-Cookie: x=1", "http://shop/%0D%0ASet-Cookie:%20x=1"),
    ],
)
def test_macros_are_filled_with_encoded_values(template: str, filled: str) -> None:
    assert fill_macros(template, {"affiliate_id": "1&2=3 é"}) == filled


@pytest.mark.parametrize(
    ("deep_link", "is_followed"),
    [
        ("http://127.0.0.1:8000/products/7/?affiliate_id={affiliate_id}", True),
        ("HTTP://127.0.0.1:8000/", True),
        ("https://second.shop.test/", True),
        ("http://127.0.0.1:8001/", False),
        ("http://evil.test/", False),
        ("http://127.0.0.1:8000@evil.test/", False),
        ("http://evil.test\\@127.0.0.1:8000/", False),
        ("http://127.0.0.1:8000.evil.test/", False),
        ("//127.0.0.1:8000/", False),
        ("javascript:alert(1)//127.0.0.1:8000", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_a_deep_link_leads_to_the_shop_alone(deep_link: str, *, is_followed: bool) -> None:
    offer = Offer(other_hosts=("second.shop.test",))
    click = follow(
        {"offer_id": "12345", "aff_id": "123456", "url": deep_link},
        catalogue=Catalogue(offers=(offer,), creators=DEFAULT_CREATORS),
        transaction_id="102",
        now=NOW,
    )
    expected = deep_link.replace("{affiliate_id}", "123456")
    assert click.landing_url == (expected if is_followed else "http://127.0.0.1:8000/?affiliate_id=123456")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "The link names no offer."),
        ({"offer_id": "9"}, "There is no offer '9' here."),
        ({"offer_id": "2", "aff_id": "123456"}, "Offer 2 is paused."),
        ({"offer_id": "12345"}, "The link names no creator."),
        ({"offer_id": "12345", "aff_id": "9"}, "There is no creator '9' here."),
        ({"offer_id": "3", "aff_id": "123456"}, "Mara Lindqvist does not run offer 3."),
    ],
)
def test_a_link_that_leads_nowhere_says_why(params: dict[str, str], reason: str) -> None:
    with pytest.raises(UnavailableLinkError, match=re.escape(reason)):
        follow(params, catalogue=CATALOGUE, transaction_id="102", now=NOW)


def test_a_creator_link_leads_to_the_offer_url_with_all_macros_filled() -> None:
    names = ("affiliate_id", "transaction_id", "offer_id", "aff_sub", "aff_sub5", "source", "country_code")
    offer_url = "http://shop.test/?" + "&".join(f"{name}={{{name}}}" for name in names)
    with Sandbox(offer_url=offer_url) as aspire:
        link = aspire.creator_link(aff_sub="a&b", aff_sub5="5", source="été")
        reply = requests.get(link, timeout=TIMEOUT, allow_redirects=False)
        click = aspire.clicks[0]
    landing = urlsplit(reply.headers["Location"])
    assert reply.status_code == 302
    assert re.fullmatch("[0-9a-zA-Z]{30}", click.transaction_id)
    assert {name: values[0] for name, values in parse_qs(landing.query).items()} == {
        "affiliate_id": "123456",
        "transaction_id": click.transaction_id,
        "offer_id": "12345",
        "aff_sub": "a&b",
        "aff_sub5": "5",
        "source": "été",
        "country_code": "US",
    }


def test_a_short_link_leads_to_the_offer_url(sandbox: Sandbox) -> None:
    reply = requests.get(sandbox.short_link("204817"), timeout=TIMEOUT, allow_redirects=False)
    assert reply.headers["Location"] == "http://127.0.0.1:8000/?affiliate_id=204817"


def test_the_test_link_sends_affiliate_1(sandbox: Sandbox) -> None:
    reply = requests.get(sandbox.test_link, timeout=TIMEOUT, allow_redirects=False)
    assert reply.headers["Location"] == "http://127.0.0.1:8000/?affiliate_id=1"
    assert sandbox.clicks[0].source == "testoffer"


@pytest.mark.parametrize("path", ["/aff_c?offer_id=12345&aff_id=" + EVIL, "/aff_c", "/nothing", "//[", "/" + EVIL])
def test_an_unknown_address_gets_a_page_with_nothing_unescaped(sandbox: Sandbox, path: str) -> None:
    reply = requests.get(sandbox.url + path, timeout=TIMEOUT)
    assert reply.status_code == 404
    assert "<script" not in reply.text
    assert "<img" not in reply.text
    assert sandbox.clicks == ()
