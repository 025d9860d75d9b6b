"""The READMEs' pictures, taken of a running demo, as `make screenshots` does.

`python -m tests.screenshots SHOP SANDBOX` with the demo's own settings: its orders are bought for the pictures, and the
desk is opened by a session made in its database.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import BROWSERS, DESKTOP, PHONE, Demo
from tests.journeys.steps import check_out, pay, put_into_cart
from tests.quarter import ADMIN, PASSWORD
from tests.serving import ROOT, environment, gunicorn, manage

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
OFFER = "12345"
FATES = ("refuse", "drop", "")  # of the orders bought for the desk's pictures; "" is accepted


def main(shop: str, sandbox: str) -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's loop runs in this thread
    django.setup()
    FOLDER.mkdir(exist_ok=True)
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        take(browser, f"{shop}/", "home")
        take(browser, f"{shop}/products/day-book/", "product", colours="dark")
        take(browser, f"{shop}/shop/hearth/", "phone", viewport=PHONE)
        take_checkout(browser, shop)
        take_overview(browser)
        take_desk(browser, shop, sandbox)
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


def take_overview(browser: Browser) -> None:
    """The overview of a shop that has been open for a quarter, beside the demo, which has just opened."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        surroundings = environment(folder, DEBUG="1")
        manage(surroundings, "migrate")
        manage(surroundings, "collectstatic", "--noinput")
        subprocess.run([sys.executable, "-m", "tests.quarter"], cwd=ROOT, env=surroundings, check=True)
        with gunicorn(surroundings, folder) as served:
            for shot, colours, viewport, height in (
                ("overview", "light", DESKTOP, 1180),
                ("overview-phone", "dark", PHONE, 1180),
            ):
                page = new_page(browser, colours, {**viewport, "height": height})
                page.goto(f"{served.address}/admin/login/?next=/admin/tracking/overview/")
                page.get_by_label("Username").fill(ADMIN)
                page.get_by_label("Password").fill(PASSWORD)
                page.get_by_role("button", name="Log in").click()
                page.wait_for_url("**/overview/")
                if viewport is DESKTOP and (toggle := page.locator("#toggle-nav-sidebar")).is_visible():
                    toggle.click()
                page.screenshot(path=FOLDER / f"{shot}.png")
                page.context.close()


def take_desk(browser: Browser, shop: str, sandbox: str) -> None:
    number, *_others = [buy(browser, shop, sandbox, fate) for fate in FATES]
    desk = f"{shop}/admin/tracking"
    page = new_page(browser, "light", DESKTOP)
    page.context.add_cookies([{"name": "sessionid", "value": session(), "url": shop}])
    page.goto(f"{desk}/needsme/", wait_until="networkidle")
    page.screenshot(path=FOLDER / "needs.png")
    page.get_by_role("link", name=number).click()
    page.get_by_text("Request and reply").last.click()
    page.screenshot(path=FOLDER / "postback.png")
    page.goto(f"{desk}/offer/?q={OFFER}")
    page.get_by_role("link", name=OFFER).click()
    page.get_by_role("button", name="Send test postback").click()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=FOLDER / "offer.png")
    page.context.close()


def buy(browser: Browser, shop: str, sandbox: str, fate: str) -> str:
    """Buy something from a creator's link while Aspire does as it is told; returns the order's number."""
    page = new_page(browser, "light", DESKTOP)
    page.request.post(f"{sandbox}/fault", form={"fault": fate}, headers={"Origin": sandbox})
    page.goto(f"{sandbox}/SH1QbP")
    demo = Demo(shop, sandbox, "", "", "", "", {}, FOLDER)
    put_into_cart(page, demo, "morning-mug")
    check_out(page, "ada@example.com")
    number = pay(page)
    page.wait_for_timeout(2000)  # it is delivered meanwhile
    page.context.close()
    return number


def session() -> str:
    """A session of the demo's admin user."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(username="admin"))
    return client.cookies["sessionid"].value


def new_page(browser: Browser, colours: str, viewport: dict[str, int]) -> Page:
    context = browser.new_context(viewport=viewport, color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
    return context.new_page()


if __name__ == "__main__":
    main(*(address.rstrip("/") for address in sys.argv[1:3]))
