"""The README's pictures, taken of a running demo: `python -m tests.screenshots http://127.0.0.1:8000`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import BROWSERS, DESKTOP, PHONE

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"


def main(shop: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        take(browser, f"{shop}/", "home")
        take(browser, f"{shop}/products/day-book/", "product", colours="dark")
        take(browser, f"{shop}/shop/hearth/", "phone", viewport=PHONE)
        take_checkout(browser, shop)
        browser.close()


def take(browser: Browser, url: str, name: str, *, colours: str = "light", viewport: dict[str, int] = DESKTOP) -> None:
    page = new_page(browser, colours, viewport)
    page.goto(url, wait_until="networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    page.context.close()


def take_checkout(browser: Browser, shop: str) -> None:
    page = new_page(browser, "light", DESKTOP)
    for product in ("morning-mug", "two-cup-teapot"):
        page.goto(f"{shop}/products/{product}/")
        page.get_by_role("button", name="Add to cart").click()
        page.wait_for_url("**/cart/")
    page.goto(f"{shop}/checkout/", wait_until="networkidle")
    page.screenshot(path=FOLDER / "checkout.png")
    page.context.close()


def new_page(browser: Browser, colours: str, viewport: dict[str, int]) -> Page:
    context = browser.new_context(viewport=viewport, color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
    return context.new_page()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
