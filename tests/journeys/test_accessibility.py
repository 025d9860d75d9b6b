"""For everybody: axe's rules of WCAG 2.2 AA, a keyboard alone, a screen reader's tree, every width."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Demo
from tests.journeys.steps import check_out, pay, somebody

pytestmark = pytest.mark.journey

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": RULES,
    "resultTypes": ["violations"],
}  # what is in order is not collected: that takes half the time
PUBLIC = [
    "/",
    "/shop/",
    "/eur/shop/desk/?colour=Ink&available=on",
    "/shop/?q=unicorn",
    "/products/day-book/",
    "/products/bud-vase/",
    "/products/tea-letter/",
    "/about/",
    "/delivery/",
    "/account/login/",
    "/orders/find/",
]


@pytest.fixture(params=[("light", DESKTOP), ("dark", PHONE)], ids=["light desktop", "dark phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, viewport = request.param
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def put_into_cart(page: Page, demo: Demo, product: str = "morning-mug") -> None:
    page.goto(f"{demo.shop}/products/{product}/")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_breaks_no_rule(demo: Demo, page: Page, path: str) -> None:
    page.goto(demo.shop + path)

    assert violations(page) == []


def test_cart_and_checkout_break_no_rule(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.shop}/cart/")
    assert violations(page) == []

    put_into_cart(page, demo)
    assert violations(page) == []

    page.goto(f"{demo.shop}/checkout/")
    assert violations(page) == []

    page.get_by_role("button", name=re.compile("Place order|Pay", re.IGNORECASE)).first.click()
    expect(page.get_by_text("Please check").first).to_be_visible()
    assert violations(page) == []


def test_no_width_makes_a_page_scroll_sideways(demo: Demo, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    put_into_cart(page, demo)

    for path in [*PUBLIC, f"/shop/?q={'x' * 90}", "/cart/", "/checkout/"]:
        page.goto(demo.shop + path)
        for width in (320, 390, 768, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_a_receipt_fits_the_paper(demo: Demo, phone: Page) -> None:
    put_into_cart(phone, demo)
    check_out(phone, somebody())
    pay(phone)

    phone.emulate_media(media="print")
    for width in (320, 794):
        phone.set_viewport_size({"width": width, "height": 800})
        assert phone.evaluate("document.documentElement.scrollWidth") <= width


def test_a_keyboard_is_enough_to_choose_and_to_buy(demo: Demo, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{demo.shop}/products/morning-mug/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    focus(page, "input[type=radio]")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Fern")).to_be_checked()
    focus(page, "button[type=submit]")
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_contain_text("Morning Mug")
    expect(page.get_by_role("main")).to_contain_text("Fern")


def focus(page: Page, selector: str) -> None:
    """Press Tab until an element of that kind has the focus, and see that the focus shows on each on the way."""
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(SHOWS_FOCUS), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("selector => document.activeElement.matches(selector)", f"main {selector}"):
            return
    pytest.fail(f"30 Tabs do not lead to {selector}.")


# The outline is on the element, on its ::after (a card), or on the label around it (a choice).
SHOWS_FOCUS = """() => {
    const focused = document.activeElement;
    const styles = [getComputedStyle(focused), getComputedStyle(focused, "::after")];
    if (focused.closest("label")) styles.push(getComputedStyle(focused.closest("label")));
    return styles.some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
}"""


def test_a_screen_reader_finds_the_product_by_its_parts(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.shop}/products/morning-mug/")

    expect(page.locator("main")).to_match_aria_snapshot("""
        - main:
          - navigation "Breadcrumbs"
          - article:
            - list "Pictures of the Morning Mug"
            - heading "Morning Mug" [level=1]
            - group "Colour":
              - radio "Oatmeal $28.00" [checked]
              - radio "Fern $28.00"
              - radio "Ink $32.00"
            - spinbutton "Quantity": "1"
            - button "Add to cart"
          - region "Goes well with it"
    """)
