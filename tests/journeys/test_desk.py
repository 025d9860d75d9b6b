"""The overview in a real browser: no rule of accessibility is broken, no width makes it scroll, a figure leads on."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_accessibility import violations
from tests.quarter import ADMIN, PASSWORD
from tests.serving import ROOT, environment, gunicorn, manage

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop that has been open for a quarter."""
    folder = tmp_path_factory.mktemp("desk")
    surroundings = environment(folder)
    manage(surroundings, "migrate")
    manage(surroundings, "collectstatic", "--noinput")
    subprocess.run([sys.executable, "-m", "tests.quarter"], cwd=ROOT, env=surroundings, check=True)
    with gunicorn(surroundings, folder) as served:
        yield served.address


@pytest.fixture(params=[("light", DESKTOP), ("dark", PHONE)], ids=["light desktop", "dark phone"])
def page(browser: Browser, desk: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, viewport = request.param
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{desk}/admin/login/?next=/admin/tracking/overview/")
    page.get_by_label("Username").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/overview/")
    yield page
    context.close()


def test_the_overview_breaks_no_rule_and_scrolls_at_no_width(page: Page) -> None:
    found = [each for each in violations(page) if "tracking" in each]
    assert not found, "\n".join(found)
    for width in (320, 390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_figure_leads_to_its_list_and_a_period_to_its_figures(page: Page) -> None:
    page.get_by_role("link", name="7 days").click()
    figure = page.get_by_role("listitem").filter(has_text="Credited orders")
    number = figure.get_by_role("link").inner_text()
    figure.get_by_role("link").click()
    expect(page.get_by_text(f"{number} conversions")).to_be_visible()
