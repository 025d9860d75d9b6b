"""Two shops of one merchant on two domains, each with a database and a key of its own, in a real browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.shops import Shop, open_shop
from tests.journeys.steps import check_out, pay, somebody

pytestmark = pytest.mark.journey

DOMAINS = "first-brand.test,second-brand.test"


@dataclass(frozen=True)
class Brands:
    first: str
    second: str
    shop: Shop
    """The second one."""


@pytest.fixture(scope="module")
def brands(tmp_path_factory: pytest.TempPathFactory, stocked: Path) -> Iterator[Brands]:
    folder = tmp_path_factory.mktemp("brands")
    both = {"TRACKING_DOMAINS": DOMAINS, "TRACKING_SHARED_KEY": "shared-by-both-shops-" + "k" * 30}
    with (
        open_shop(
            folder / "first", stocked, SECRET_KEY="first" * 10, TRACKING_COOKIE_DOMAIN=".first-brand.test", **both
        ) as one,
        open_shop(folder / "second", stocked, SECRET_KEY="second" * 10, **both) as two,
    ):
        yield Brands(f"http://www.first-brand.test:{one.port}", f"http://second-brand.test:{two.port}", two)


@pytest.fixture
def shopper(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=getattr(request, "param", DESKTOP))
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(shopper: BrowserContext) -> Page:
    return shopper.new_page()


def add(page: Page, html: str) -> None:
    """Put something to use at the top of the page."""
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('afterbegin', html)", html)


def clicked(shopper: BrowserContext, address: str) -> str | None:
    found = [one for one in shopper.cookies(address) if one["name"] == "aspire_click"]
    return found[0]["value"].split(":")[0].split(".")[2] if found else None


def land(page: Page, brands: Brands) -> None:
    with page.expect_response("**/tracking/capture?*"):
        page.goto(f"{brands.first}/shop/?affiliate_id=77")


@pytest.mark.parametrize("shopper", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
def test_a_link_hands_the_click_over_and_an_order_there_is_credited(
    page: Page, shopper: BrowserContext, brands: Brands
) -> None:
    land(page, brands)
    add(page, f'<a href="{brands.second}/shop/?colour=green#top">The other shop</a>')
    page.get_by_role("link", name="The other shop").click()
    expect(page).to_have_url(f"{brands.second}/shop/?colour=green#top")
    assert clicked(shopper, brands.second) == "77"
    first, second = (
        next(one for one in shopper.cookies(address) if one["name"] == "aspire_click")["value"]
        for address in (brands.first, brands.second)
    )
    assert first.split(":")[0] == second.split(":")[0]  # the moment of the click and the end of its window too

    page.goto(f"{brands.second}/shop/")
    page.get_by_role("main").locator("a[href^='/products/']").first.click()
    page.get_by_role("button", name="Add to cart").click()
    check_out(page, somebody())
    number = pay(page)
    assert "affiliate 77" in brands.shop.manage("explain_order", number)


def test_the_click_is_handed_over_whoever_was_quicker_than_the_token(
    page: Page, shopper: BrowserContext, brands: Brands
) -> None:
    land(page, brands)
    add(page, f'<a id="other" href="{brands.second}/shop/">The other shop</a>')
    page.evaluate("document.querySelector('#other').click()")  # nothing hovered, nothing pressed before
    page.wait_for_url(f"{brands.second}/shop/")
    assert clicked(shopper, brands.second) == "77"


def test_a_link_into_a_new_tab_hands_the_click_over(page: Page, shopper: BrowserContext, brands: Brands) -> None:
    land(page, brands)
    add(page, f'<a target="_blank" href="{brands.second}/shop/">The other shop</a>')
    link = page.get_by_role("link", name="The other shop")
    with page.expect_response("**/tracking/token"):
        link.hover()
    with shopper.expect_page() as opened:
        link.click()
    opened.value.wait_for_url(f"{brands.second}/shop/")
    assert clicked(shopper, brands.second) == "77"


def test_a_form_that_gets_hands_the_click_over(page: Page, shopper: BrowserContext, brands: Brands) -> None:
    land(page, brands)
    add(page, f'<form action="{brands.second}/shop/"><input name="q" value="mug"><button>Search there</button></form>')
    page.get_by_role("button", name="Search there").click()
    expect(page).to_have_url(f"{brands.second}/shop/?q=mug")
    assert clicked(shopper, brands.second) == "77"


def test_a_form_that_posts_hands_the_click_over(page: Page, shopper: BrowserContext, brands: Brands) -> None:
    land(page, brands)
    add(page, f'<form method="post" action="{brands.second}/shop/"><button>Send there</button></form>')
    with page.expect_response(re.compile("second-brand.*/shop/")) as sent:
        page.get_by_role("button", name="Send there").click()
    assert "click_token=" in sent.value.url
    page.wait_for_load_state()
    assert clicked(shopper, brands.second) == "77"


def test_a_form_sent_before_its_token_is_there_is_sent_by_a_page_that_sends_each_form_once(
    page: Page, shopper: BrowserContext, brands: Brands
) -> None:
    land(page, brands)
    add(page, f'<form method="post" action="{brands.second}/shop/"></form>')
    with page.expect_response(re.compile("second-brand.*/shop/")) as sent:
        page.evaluate("""() => {
            let sends = 0;
            document.addEventListener("submit", (event) => { if (sends++) event.preventDefault(); });
            document.querySelector("main form").requestSubmit();
        }""")
    assert "click_token=" in sent.value.url


def test_a_subdomain_shares_the_click_without_a_token(page: Page, shopper: BrowserContext, brands: Brands) -> None:
    land(page, brands)
    port = urlsplit(brands.first).port
    page.goto(f"http://blog.first-brand.test:{port}/shop/")
    assert clicked(shopper, page.url) == "77"


def test_a_link_to_anywhere_else_gets_no_token(page: Page, brands: Brands) -> None:
    land(page, brands)
    port = urlsplit(brands.first).port
    elsewhere = f"http://second-brand.test.elsewhere.test:{port}/shop/"
    add(page, f'<a href="{elsewhere}">Elsewhere</a>')
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Elsewhere").click()
    page.wait_for_url(elsewhere)
    assert [url for url in asked if "click_token" in url or url.endswith("/tracking/token")] == []


def test_a_shopper_without_a_click_gets_no_token(page: Page, shopper: BrowserContext, brands: Brands) -> None:
    page.goto(f"{brands.first}/shop/")
    add(page, f'<a href="{brands.second}/shop/">The other shop</a>')
    page.get_by_role("link", name="The other shop").click()
    expect(page).to_have_url(f"{brands.second}/shop/")
    assert clicked(shopper, brands.second) is None
