"""What people do in the shop, in their own words: the steps that journeys are made of."""

import re
from itertools import count

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Demo

PASSWORD = "fifteen-small-teapots"
_people = count(1)
_sessions: dict[str, str] = {}  # the merchant's, by shop


def somebody() -> str:
    """The address of somebody who was never here."""
    return f"ada.{next(_people)}@example.com"


def put_into_cart(page: Page, demo: Demo, product: str) -> None:
    page.goto(f"{demo.shop}/products/{product}/")
    page.get_by_role("button", name=re.compile("^(Add to cart|Subscribe)$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")


def check_out(page: Page, email: str, *, has_script: bool = True) -> None:
    """Fill in the checkout as a guest and place the order."""
    page.get_by_role("main").get_by_role("link", name="Check out").click()
    fill_in(page, email, has_script=has_script)
    place_order(page)


def fill_in(page: Page, email: str, *, has_script: bool = True) -> None:
    """Fill in the checkout that opens."""
    page.wait_for_url("**/checkout/")  # and for its script, which brings the fields of another country
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Country").select_option("GB")
    if not has_script:
        page.get_by_role("button", name="Show fields").click()
    expect(page.get_by_label("Postcode")).to_be_visible()
    page.get_by_label("Full name").fill("Ada Byron")
    page.get_by_label("Street and number").fill("12 St James's Square")
    page.get_by_label("Town or city").fill("London")
    page.get_by_label("Postcode").fill("SW1Y 4JH")


def place_order(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="Place order").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment")


def pay(page: Page) -> str:
    """Pay on the test page; returns the order's number."""
    page.get_by_role("button", name=re.compile("^Pay [$€]")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    return page.locator(".number").first.inner_text()


def open_account(page: Page, demo: Demo, email: str) -> None:
    """Ask for an account, follow the letter's link, choose a password."""
    page.goto(f"{demo.shop}/account/new/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_text(f"on its way to {email}")).to_be_visible()
    page.goto(link_in(demo, email, "/account/new/"))
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Open my account").click()
    expect(page.get_by_text("Your account is open")).to_be_visible()


def log_in(page: Page, email: str) -> None:
    """On the login page, wherever it leads."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def log_in_as_merchant(page: Page, demo: Demo, path: str) -> None:
    """Open a page of the admin, logged in: the first time by the form, later by the session that came of it."""
    if session := _sessions.get(demo.shop):
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": demo.shop}])
        page.goto(f"{demo.shop}{path}")
        return
    page.goto(f"{demo.shop}{path}")
    page.get_by_label("Username").fill(demo.user)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{demo.shop}{path}")
    _sessions[demo.shop] = next(one["value"] for one in page.context.cookies() if one["name"] == "sessionid")


def link_in(demo: Demo, email: str, path: str) -> str:
    """The address below `path` in the newest letter to somebody."""
    body = demo.letters_to(email)[-1].get_body(("plain",))
    assert body
    found = re.search(rf"{re.escape(demo.shop)}{path}\S+", body.get_content())
    assert found, body.get_content()
    return found[0]


def sale_at_aspire(page: Page, demo: Demo, number: str) -> str:
    """What the local Aspire shows of an order, when it has arrived there."""
    page.goto(demo.sandbox)
    row = page.get_by_role("region", name="Conversions").get_by_role("row").filter(has_text=number)
    expect(row).to_have_count(1)
    return row.inner_text()
