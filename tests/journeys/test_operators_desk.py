"""The operator's desk: a newcomer sets an offer up and sees it work; what needs a person is seen to; for everybody."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys.conftest import DESKTOP, Demo
from tests.journeys.steps import check_out, log_in_as_merchant, pay, put_into_cart, somebody
from tests.journeys.test_accessibility import violations
from tracking.sandbox import Sandbox
from tracking.sandbox.faults import Fault

pytestmark = pytest.mark.journey

WAIT = 40_000  # ms; landings are written down every ten seconds, and the checklist looks again every five


@pytest.fixture
def aspire(demo: Demo) -> Iterator[Sandbox]:
    """A local Aspire with an offer that the shop does not know yet."""
    offer_url = f"{demo.shop}/?affiliate_id={{affiliate_id}}&offer_id={{offer_id}}"
    with Sandbox(offer_id=f"2{demo.shop[-4:]}{next(numbers)}", offer_url=offer_url) as running:
        yield running


numbers = iter(range(10, 99))


def set_up(page: Page, demo: Demo, aspire: Sandbox) -> None:
    """Add the offer with nothing but what Aspire shows."""
    log_in_as_merchant(page, demo, "/admin/tracking/offer/add/")
    expect(page.locator("code").first).to_have_text(aspire.offer.url)
    page.get_by_label("Postback URL").fill(aspire.postback_url)
    expect(page.get_by_text("the creator's id, from the click")).to_be_visible()
    expect(page.get_by_label("Offer id")).to_have_value(aspire.offer.offer_id)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(step(page, "The offer is set up: seen")).to_be_visible()
    expect(step(page, "A test postback is accepted: not yet")).to_be_visible()


def step(page: Page, text: str) -> Locator:
    """A line of the checklist."""
    return page.get_by_role("listitem").filter(has_text=text)


def test_a_newcomer_sets_an_offer_up_and_sees_it_turn_green(demo: Demo, desk: Page, aspire: Sandbox) -> None:
    set_up(desk, demo, aspire)
    assert violations(desk) == []

    desk.get_by_role("button", name="Send test postback").click()
    expect(desk.get_by_text("success=true;")).to_be_visible()
    expect(step(desk, "A test postback is accepted: seen")).to_be_visible()

    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name="Open").click()
    shopper = opened.value
    shopper.wait_for_url(f"{demo.shop}/?affiliate_id=1&**")
    put_into_cart(shopper, demo, "morning-mug")
    check_out(shopper, somebody())
    pay(shopper)

    desk.bring_to_front()
    expect(desk.get_by_role("heading", name="It works, all the way")).to_be_visible(timeout=WAIT)
    assert violations(desk) == []


def test_what_is_amiss_in_a_url_is_said_while_it_is_typed(demo: Demo, desk: Page, aspire: Sandbox) -> None:
    log_in_as_merchant(desk, demo, "/admin/tracking/offer/add/")
    url = desk.get_by_label("Postback URL")

    url.fill(aspire.postback_url.replace("ORDER_ID", "1001"))
    expect(desk.get_by_text("ORDER_ID is missing")).to_be_visible()

    url.fill(aspire.transaction_postback_url)
    expect(desk.get_by_text("Nothing reaches Aspire.")).to_be_visible()
    expect(desk.get_by_label("Protocol")).to_have_value("transaction-id")


def test_an_offer_is_set_up_without_a_script(demo: Demo, browser: Browser, aspire: Sandbox) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    context.set_default_timeout(20_000)
    page = context.new_page()
    log_in_as_merchant(page, demo, "/admin/tracking/offer/add/")
    page.get_by_label("Postback URL").fill(aspire.postback_url)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("the creator's id, from the click")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_role("button", name="Send test postback").click()
    expect(page.get_by_text("success=true;")).to_be_visible()
    context.close()


def test_what_was_refused_is_seen_to_from_the_list(demo: Demo, desk: Page, aspire: Sandbox) -> None:
    set_up(desk, demo, aspire)
    aspire.fault = Fault.REFUSE
    number = buy(desk.context, demo, aspire)

    desk.goto(f"{demo.shop}/admin/tracking/needsme/")
    row = desk.get_by_role("listitem").filter(has_text=number)
    expect(row).to_contain_text("Aspire refused it: Affiliate is not approved for this offer")
    assert violations(desk) == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")

    row.get_by_role("link", name=re.compile(number)).click()
    expect(desk.get_by_role("heading", name="What happened")).to_be_visible()
    desk.get_by_text("Request and reply").click()
    expect(desk.get_by_role("button", name="Copy")).to_be_visible()
    assert violations(desk) == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")

    aspire.fault = None
    desk.goto(f"{demo.shop}/admin/tracking/needsme/")
    focus(desk, f"Send again: order {number}")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Queued to be sent again: 1 postback.")).to_be_visible()
    expect(desk.get_by_role("listitem").filter(has_text=number)).to_have_count(0)


def buy(context: BrowserContext, demo: Demo, aspire: Sandbox) -> str:
    shopper = context.new_page()
    shopper.goto(aspire.short_link())
    put_into_cart(shopper, demo, "morning-mug")
    check_out(shopper, somebody())
    number = pay(shopper)
    shopper.close()
    return number


def focus(page: Page, label: str) -> None:
    """Go there by Tab alone."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == label:
            return
    pytest.fail(f"120 Tabs do not lead to “{label}”.")
