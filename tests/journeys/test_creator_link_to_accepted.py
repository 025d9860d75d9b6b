"""From a creator's link to an accepted postback, as a shopper, the creator and the merchant see it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Demo
from tests.journeys.steps import (
    check_out,
    fill_in,
    log_in_as_merchant,
    pay,
    place_order,
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
    check_out(plain, somebody(), has_script=False)
    number = pay(plain)
    context.close()

    assert "56.00" in sale_at_aspire(page, demo, number)


def test_a_double_click_puts_one_piece_into_the_cart(demo: Demo, phone: Page) -> None:
    phone.goto(f"{demo.shop}/products/morning-mug/")
    phone.get_by_role("button", name="Add to cart").dblclick()

    expect(phone.get_by_label("Quantity of Morning Mug")).to_have_value("1")


def test_two_tabs_and_the_back_button_make_one_order(demo: Demo, phone: Page) -> None:
    email = somebody()
    put_into_cart(phone, demo, "morning-mug")
    other = phone.context.new_page()
    for tab in (phone, other):
        tab.goto(f"{demo.shop}/checkout/")
        fill_in(tab, email)

    place_order(phone)
    other.get_by_role("main").get_by_role("button", name="Place order").last.click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Almost there")
    numbers = {tab.locator(".number").first.inner_text() for tab in (phone, other)}
    pay(phone)
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("Thank you")
    other.go_back()
    expect(other.get_by_role("main")).to_contain_text("Nothing in here yet")

    assert len(numbers) == 1
    assert len(demo.letters_to(email)) == 1
