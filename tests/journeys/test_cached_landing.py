"""Landing pages that come from a cache: a real nginx in front of the real shop, and a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Response

from tests.journeys.shops import open_shop
from tests.nginx import free_ports, nginx

pytestmark = pytest.mark.journey

STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'"

# Parameters of campaigns do not tell pages apart, as CDNs are set up; the shop's own headers are heeded or not.
HEEDING = "proxy_cache pages; proxy_cache_valid 200 10m; proxy_cache_key $server_port$uri;"
CARELESS = f"{HEEDING} proxy_ignore_headers Cache-Control Expires Vary;"
CAPTURE = "**/tracking/capture?*"
FRONTS = {"heeding": HEEDING, "careless": CARELESS}


@dataclass(frozen=True)
class Front:
    url: str

    def land(self, context: BrowserContext, query: str, path: str = "/") -> Response:
        """Open a page, and come back when its script has told of the click in its address."""
        page = context.new_page()
        if query:
            with page.expect_response(CAPTURE):
                response = page.goto(f"{self.url}{path}{query}")
        else:
            response = page.goto(f"{self.url}{path}")
        assert response
        assert response.status == 200
        return response


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory, stocked: Path) -> Iterator[dict[str, Front]]:
    folder = tmp_path_factory.mktemp("cached")
    ports = free_ports(len(FRONTS))
    with open_shop(folder / "shop", stocked) as shop:
        servers = [
            f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{shop.port};"
            f" proxy_set_header Host $http_host; add_header X-Cache $upstream_cache_status;"
            f' add_header Content-Security-Policy "{STRICT}"; {does} }} }}'
            for port, does in zip(ports, FRONTS.values(), strict=True)
        ]
        with nginx(folder / "nginx", "\n".join(servers), port=ports[0]):
            yield {name: Front(f"http://127.0.0.1:{port}") for name, port in zip(FRONTS, ports, strict=True)}


@pytest.fixture(params=list(FRONTS))
def front(request: pytest.FixtureRequest, fronts: dict[str, Front]) -> Front:
    return fronts[request.param]


@pytest.fixture
def shoppers(browser: Browser) -> Iterator[list[BrowserContext]]:
    contexts = [browser.new_context() for _ in range(4)]
    yield contexts
    for context in contexts:
        context.close()


def clicked(context: BrowserContext) -> str | None:
    """The affiliate of the click that the browser holds; its cookie is out of the reach of scripts."""
    cookie = next((one for one in context.cookies() if one["name"] == "aspire_click"), None)
    if cookie is None:
        return None
    assert cookie["httpOnly"]
    return cookie["value"].split(":")[0].split(".")[2]


def test_a_landing_from_the_cache_still_sets_the_servers_cookie(front: Front, shoppers: list[BrowserContext]) -> None:
    first, second, *_ = shoppers
    front.land(first, "", "/shop/")
    response = front.land(second, "?affiliate_id=77", "/shop/")
    assert response.headers["x-cache"] == "HIT"
    assert "set-cookie" not in response.headers
    assert clicked(first) is None
    assert clicked(second) == "77"


def test_no_shopper_is_ever_served_the_cookie_of_another(front: Front, shoppers: list[BrowserContext]) -> None:
    first, second, third, stranger = shoppers
    assert front.land(first, "?affiliate_id=77", "/about/").headers["x-cache"] == "MISS"
    front.land(second, "?affiliate_id=78", "/about/")
    front.land(third, "?affiliate_id=79", "/about/")
    front.land(stranger, "", "/about/")
    assert [clicked(shopper) for shopper in shoppers] == ["77", "78", "79", None]
    again = front.land(stranger, "", "/about/")
    assert (again.headers["x-cache"], clicked(stranger)) == ("HIT", None)


def test_the_endpoint_itself_is_never_served_from_the_cache(front: Front, shoppers: list[BrowserContext]) -> None:
    first, second, *_ = shoppers
    for shopper, affiliate in ((first, "77"), (second, "78")):
        page = shopper.new_page()
        page.goto(f"{front.url}/delivery/")
        status = page.evaluate(
            "id => fetch(`/tracking/capture?affiliate_id=${id}`, {method: 'POST'}).then(reply => reply.status)",
            affiliate,
        )
        assert (status, clicked(shopper)) == (204, affiliate)


def test_the_script_runs_under_a_strict_content_security_policy(front: Front, shoppers: list[BrowserContext]) -> None:
    page = shoppers[0].new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.goto(f"{front.url}/shop/")
    with page.expect_response(CAPTURE):
        page.goto(f"{front.url}/shop/?affiliate_id=77")
    assert clicked(shoppers[0]) == "77"
    assert [text for text in refused if "capture" in text] == []


def test_a_page_without_the_parameter_asks_for_nothing(front: Front, shoppers: list[BrowserContext]) -> None:
    page = shoppers[0].new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{front.url}/shop/?utm_source=x", wait_until="networkidle")
    assert [url for url in asked if "/tracking/capture?" in url or url.endswith("/tracking/token")] == []


def test_a_consent_given_on_a_cached_page_has_the_click_told_again(
    front: Front, shoppers: list[BrowserContext]
) -> None:
    page = shoppers[0].new_page()
    with page.expect_response(CAPTURE):
        page.goto(f"{front.url}/shop/?affiliate_id=77")
    with page.expect_request("**/tracking/capture?affiliate_id=77") as told:
        page.evaluate("dispatchEvent(new Event('tracking:consent'))")
    assert told.value.method == "POST"


def said_by_script(context: BrowserContext, address: str) -> str | None:
    """Open a landing, and return what its script says of whether it was counted."""
    page = context.new_page()
    with page.expect_request(CAPTURE) as request:
        page.goto(address)
    return request.value.headers.get("x-landing-counted")


def test_a_page_that_the_shop_served_says_that_it_was_counted(front: Front, shoppers: list[BrowserContext]) -> None:
    said = said_by_script(shoppers[3], f"{front.url}/cart/?affiliate_id=77")
    assert said
    assert said.isdigit()
