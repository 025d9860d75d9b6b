"""From a creator's link to an accepted postback, as a shopper, the creator and the merchant see it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Demo

pytestmark = pytest.mark.journey


def buy_something(page: Page) -> str:
    """Put a product into the cart, check out as a guest, pay; returns the order's number."""
    page.get_by_role("main").locator("a[href^='/products/']").first.click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("main").get_by_role("link", name="Check out").click()
    for label, value in {
        "E-mail": "ada@example.com",
        "Full name": "Ada Byron",
        "Street and number": "12 St James's Square",
        "Town or city": "London",
        "Postal code": "12345",
    }.items():
        page.get_by_label(label, exact=False).first.fill(value)
    page.get_by_label("Country").select_option(index=1)
    page.get_by_role("button", name="Place order").click()
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    number = page.locator(".number").first.inner_text()
    expect(page.get_by_role("main")).to_contain_text(re.compile("thank you|paid", re.IGNORECASE))
    return number


def log_in(page: Page, demo: Demo) -> None:
    page.goto(demo.log)
    page.get_by_label("Username").fill(demo.user)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Log in").click()


def test_a_creators_sale_arrives_at_aspire_and_is_accepted_in_the_log(demo: Demo, page: Page) -> None:
    page.goto(demo.creator_link)
    assert page.url.startswith(f"{demo.shop}/?affiliate_id=123456")

    page.goto(f"{demo.shop}/shop/")
    number = buy_something(page)

    page.goto(demo.sandbox)
    expect(page.locator("body")).to_contain_text(number)

    log_in(page, demo)
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Accepted")


def test_a_sale_without_a_creators_link_owes_nothing(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.shop}/shop/")
    number = buy_something(page)

    page.goto(demo.sandbox)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(number)

    log_in(page, demo)
    page.goto(f"{demo.shop}/admin/tracking/conversion/?q={number}")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("Organic")
