"""From a creator's link to an accepted postback, as a shopper, the creator and the merchant see it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Demo
from tests.journeys.steps import (
    check_out,
    log_in_as_merchant,
    pay,
    put_into_cart,
    sale_at_aspire,
    somebody,
)

pytestmark = pytest.mark.journey


def test_a_creators_sale_arrives_at_aspire_and_is_accepted_in_the_log(demo: Demo, page: Page) -> None:
    page.goto(demo.creator_link)
    assert page.url.startswith(f"{demo.shop}/?affiliate_id=123456")

    put_into_cart(page, demo, "morning-mug")
    check_out(page, somebody())
    number = pay(page)

    assert "28.00" in sale_at_aspire(page, demo, number)
    log_in_as_merchant(page, demo, "/admin/tracking/postback/")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("Accepted")


def test_a_sale_without_a_creators_link_owes_nothing(demo: Demo, page: Page) -> None:
    put_into_cart(page, demo, "morning-mug")
    check_out(page, somebody())
    number = pay(page)

    page.goto(demo.sandbox)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(number)
    log_in_as_merchant(page, demo, f"/admin/tracking/conversion/?q={number}")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("Organic")


def test_a_coupon_lowers_what_is_paid_and_what_the_creator_earns_on(demo: Demo, page: Page) -> None:
    page.goto(demo.creator_link)
    put_into_cart(page, demo, "two-cup-teapot")
    page.get_by_label("Coupon code").fill("welcome10")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("main")).to_contain_text("−$6.40")  # noqa: RUF001  a minus sign

    check_out(page, somebody())
    number = pay(page)

    expect(page.get_by_role("main")).to_contain_text("−$6.40")  # noqa: RUF001
    assert "57.60" in sale_at_aspire(page, demo, number)


def test_a_declined_payment_is_tried_again_and_counts_once(demo: Demo, page: Page) -> None:
    page.goto(demo.creator_link)
    put_into_cart(page, demo, "morning-mug")
    check_out(page, somebody())

    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go through")
    page.get_by_role("link", name="Try again").click()
    number = pay(page)

    sale_at_aspire(page, demo, number)


def test_everything_goes_without_a_script(demo: Demo, browser: Browser, page: Page) -> None:
    assert page.viewport_size
    context = browser.new_context(viewport=page.viewport_size, java_script_enabled=False)
    context.set_default_timeout(10_000)
    plain = context.new_page()

    plain.goto(demo.creator_link)
    put_into_cart(plain, demo, "morning-mug")
    plain.get_by_label("Quantity of Morning Mug").fill("2")
    plain.get_by_role("button", name="Update Morning Mug").click()
    check_out(plain, somebody())
    number = pay(plain)
    context.close()

    assert "56.00" in sale_at_aspire(page, demo, number)


def test_coming_back_and_sending_the_checkout_again_makes_no_second_order(demo: Demo, page: Page) -> None:
    put_into_cart(page, demo, "morning-mug")
    check_out(page, email := somebody())

    page.go_back()
    page.get_by_role("main").get_by_role("button", name="Place order").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment")
    pay(page)

    confirmations = [letter for letter in demo.letters_to(email) if letter["Subject"].startswith("Your order")]
    assert len(confirmations) == 1
