"""What a first visitor's browser gets from the shop as it runs for real: little, compressed, and it holds still."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests import serving
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_accessibility import violations

pytestmark = pytest.mark.journey

KB = 1000  # bytes
MERCHANT = ("merchant", "merchant@shop.example", "fifteen-small-teapots")
ADD_MERCHANT = f"from django.contrib.auth.models import User; User.objects.create_superuser(*{MERCHANT})"
PAGES = ["/", "/shop/", "/shop/table/", "/products/morning-mug/", "/eur/shop/"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, stocked: Path) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    environment = serving.environment(folder)
    shutil.copy(stocked, folder / "shop.sqlite3")
    for command in (["collectstatic", "--no-input"], ["shell", "--command", ADD_MERCHANT]):
        serving.manage(environment, *command)
    with serving.gunicorn(environment, folder) as served:
        yield served.address


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser that was never here."""
    context: BrowserContext = browser.new_context(viewport=request.param)
    yield context.new_page()
    context.close()


def load(page: Page, url: str) -> list[Response]:
    """Open a page and return every response that it took, pictures below the fold apart: they load when scrolled to."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(url, wait_until="networkidle")
    return responses


@pytest.mark.parametrize("path", PAGES)
def test_a_first_page_weighs_less_than_60_kb(shop: str, page: Page, path: str) -> None:
    responses = load(page, shop + path)

    weight = sum(
        sum(response.request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
        for response in responses
    )
    assert weight < 60 * KB


def test_nothing_comes_from_elsewhere_or_fails(shop: str, page: Page) -> None:
    for response in load(page, f"{shop}/products/morning-mug/"):
        assert response.url.startswith(shop)
        assert response.ok, response.url


def test_static_files_are_compressed_and_may_be_kept_for_ever(shop: str, page: Page) -> None:
    static = [response for response in load(page, shop) if "/static/" in response.url]

    assert static
    for response in static:
        assert response.headers["content-encoding"] in {"gzip", "br"}, response.url
        assert "immutable" in response.headers["cache-control"], response.url


@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_while_a_page_loads(shop: str, page: Page, path: str) -> None:
    page.context.add_cookies([{"name": "cart_count", "value": "3", "url": shop}])
    page.add_init_script(COUNT_SHIFTS)

    load(page, shop + path)
    page.mouse.wheel(0, 4000)
    page.wait_for_load_state("networkidle")

    expect(page.locator("[data-cart-count]")).to_have_text("3")
    assert page.evaluate("window.layoutShift") < 0.01


def test_a_photo_uploaded_in_the_admin_is_served_by_the_shop_and_moves_nothing(
    shop: str, page: Page, tmp_path: Path
) -> None:
    Image.linear_gradient("L").resize((900, 600)).convert("RGB").save(tmp_path / "IMG 1.jpg")
    described = f"The vase at a window, {page.viewport_size}"

    page.goto(f"{shop}/admin/store/product/?q=vase")
    page.get_by_label("Username").fill(MERCHANT[0])
    page.get_by_label("Password").fill(MERCHANT[2])
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Bud Vase").click()
    page.get_by_text("Add another Product picture").click()
    page.locator("input[type=file]:visible").last.set_input_files(tmp_path / "IMG 1.jpg")
    page.locator("input[name$=-alt]:visible").last.fill(described)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible(timeout=20_000)
    page.add_init_script(COUNT_SHIFTS)
    page.goto(f"{shop}/products/bud-vase/", wait_until="networkidle")
    photo = page.get_by_role("img", name=described)
    photo.scroll_into_view_if_needed()

    expect(photo).to_have_js_property("complete", True)
    assert photo.evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("window.layoutShift") < 0.01


COUNT_SHIFTS = """
    window.layoutShift = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.layoutShift += entry.value;
    }).observe({type: "layout-shift", buffered: true});
"""


def test_a_page_that_is_not_there_is_told_in_style(shop: str, page: Page) -> None:
    answer = page.goto(f"{shop}/nowhere/")

    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing grows here")
    expect(page.get_by_role("main").get_by_role("link", name="See everything we have")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "500"])
def test_a_fault_is_told_in_style_and_breaks_no_rule(page: Page, name: str) -> None:
    page.set_content(render_to_string(f"{name}.html"))

    expect(page.get_by_role("link", name="Back to the shop")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
