"""Customers: an account on two devices, subscriptions and their renewals, money given back."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Demo
from tests.journeys.steps import (
    check_out,
    link_in,
    log_in,
    log_in_as_merchant,
    open_account,
    pay,
    place_order,
    put_into_cart,
    sale_at_aspire,
    somebody,
)
from tests.journeys.test_accessibility import violations

pytestmark = pytest.mark.journey

A_MONTH_LATER = """
from django.core.management import call_command
from django.utils import timezone
from store.models import Subscription
Subscription.objects.filter(email={email!r}).update(renews_at=timezone.now())
call_command("renew_subscriptions")
"""


def test_a_customer_buys_on_two_devices_and_finds_all_orders_on_both(demo: Demo, browser: Browser) -> None:
    phone = browser.new_context(viewport=PHONE).new_page()
    laptop = browser.new_context(viewport=DESKTOP).new_page()
    email = somebody()
    put_into_cart(phone, demo, "day-book")
    check_out(phone, email)
    as_guest = pay(phone)

    open_account(phone, demo, email)
    phone.goto(demo.creator_link)
    put_into_cart(phone, demo, "morning-mug")
    phone.get_by_role("main").get_by_role("link", name="Check out").click()
    expect(phone.get_by_label("Street and number")).to_have_value("12 St James's Square")
    place_order(phone)
    on_phone = pay(phone)

    put_into_cart(laptop, demo, "supper-bowl")
    laptop.get_by_role("main").get_by_role("link", name="Check out").click()
    laptop.get_by_role("main").get_by_role("link", name="Log in").click()
    log_in(laptop, email)
    expect(laptop.get_by_role("heading", level=1)).to_have_text("Checkout")  # the cart is still there
    place_order(laptop)
    on_laptop = pay(laptop)

    for page in (phone, laptop):
        page.goto(f"{demo.shop}/account/")
        for number in (as_guest, on_phone, on_laptop):
            expect(page.get_by_role("main")).to_contain_text(number)
    sale_at_aspire(phone, demo, on_phone)  # the creator's link was followed there
    for number in (as_guest, on_laptop):
        expect(phone.locator("body")).not_to_contain_text(number)
    for page in (phone, laptop):
        page.context.close()


def test_a_subscription_renews_for_its_creator_and_can_be_stopped(demo: Demo, page: Page) -> None:
    email = somebody()
    page.goto(demo.creator_link)
    put_into_cart(page, demo, "tea-letter")
    check_out(page, email)
    first = pay(page)

    assert "1 placed, 1 paid" in a_month_later(demo, email)

    page.goto(link_in(demo, email, "/orders/"))
    renewal = page.locator(".number").first.inner_text()
    assert renewal != first
    for number in (first, renewal):
        assert "123456" in sale_at_aspire(page, demo, number)

    page.goto(link_in(demo, email, "/subscriptions/"))
    expect(page.get_by_role("main")).to_contain_text("Tea Letter")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("main")).to_contain_text("It is paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("main")).to_contain_text("The next parcel is ordered on")
    page.get_by_text("Cancel the subscription").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_role("main")).to_contain_text("It is cancelled")
    assert "0 placed" in a_month_later(demo, email)


def test_a_renewal_that_is_refused_is_paid_by_the_letters_link(demo: Demo, phone: Page) -> None:
    email = somebody()
    put_into_cart(phone, demo, "seed-letter")
    check_out(phone, email)
    phone.get_by_text("Every answer a payment service can give").click()
    phone.get_by_label("Status", exact=True).select_option("confirmed")
    phone.get_by_label("Fraud status").select_option("reject")  # the test provider then refuses to charge again
    phone.get_by_label("Gateway response").select_option("3ds-disabled")
    phone.get_by_role("button", name="Send this answer").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Thank you")

    assert "1 placed, 0 paid, 1 not paid" in a_month_later(demo, email)

    phone.goto(link_in(demo, email, "/orders/"))
    phone.get_by_role("link", name=re.compile("Pay now|Try again")).click()
    pay(phone)
    assert demo.letters_to(email)[-1]["Subject"].startswith("Your next parcel")


def test_the_merchant_gives_money_back_and_the_shopper_sees_and_reads_it(demo: Demo, page: Page) -> None:
    email = somebody()
    put_into_cart(page, demo, "morning-mug")
    check_out(page, email)
    number = pay(page)
    receipt = page.url

    log_in_as_merchant(page, demo, f"/admin/store/order/?q={number}")
    page.get_by_role("link", name=number).click()
    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_role("button", name="Give the money back").click()

    page.goto(receipt)
    expect(page.get_by_role("heading", level=1)).to_have_text("Money given back")
    assert demo.letters_to(email)[-1]["Subject"] == f"Money back for order {number}"


def test_the_pages_of_a_customer_break_no_rule(demo: Demo, phone: Page) -> None:
    email = somebody()
    put_into_cart(phone, demo, "tea-letter")
    check_out(phone, email)
    assert violations(phone) == []
    phone.get_by_role("button", name="Decline").click()
    expect(phone.get_by_role("alert")).to_be_visible()
    assert violations(phone) == []
    phone.get_by_role("link", name="Try again").click()
    pay(phone)
    assert violations(phone) == []
    subscription = link_in(demo, email, "/subscriptions/")
    open_account(phone, demo, email)

    for path in ("account/", "account/addresses/new/", "account/password/"):
        phone.goto(f"{demo.shop}/{path}")
        assert violations(phone) == []
    for url in (subscription, f"{subscription}address/"):
        phone.goto(url)
        assert violations(phone) == []
    phone.get_by_role("button", name="Keep this address").last.click()
    phone.context.clear_cookies()
    for path in ("account/new/", "account/new/forged/", "account/password/forgotten/"):
        phone.goto(f"{demo.shop}/{path}")
        assert violations(phone) == []


def test_a_forgotten_password_is_replaced(demo: Demo, phone: Page) -> None:
    email = somebody()
    open_account(phone, demo, email)
    phone.get_by_role("button", name="Log out").click()

    phone.goto(f"{demo.shop}/account/password/forgotten/")
    phone.get_by_label("E-mail").fill(email)
    phone.get_by_role("button", name="Send me the link").click()
    phone.goto(link_in(demo, email, "/account/password/"))
    phone.get_by_label("New password", exact=True).fill("another-small-teapot")
    phone.get_by_label("New password confirmation").fill("another-small-teapot")
    phone.get_by_role("button", name="Change my password").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Your account")


def a_month_later(demo: Demo, email: str) -> str:
    """Let somebody's next parcel fall due, and cron run; what the command said."""
    return demo.manage("shell", "--command", A_MONTH_LATER.format(email=email))
