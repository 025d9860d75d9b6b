"""The rules that `diagnose_tracking` judges by: cookies as browsers take them, redirects, flags, caches, reasons."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tracking.postbacks.visits import Page
from tracking.reports.diagnose import hops
from tracking.reports.diagnose.cookies import Cookie, parse
from tracking.reports.diagnose.flags import judge_flags
from tracking.reports.diagnose.reasons import page_remedy, postback_remedy
from tracking.reports.diagnose.results import Level, Result
from tracking.reports.diagnose.shopper import Journey, Shopper, with_parameters
from tracking.reports.diagnose.visits import cache_evidence

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SHOP = "https://www.shop.example/shop/"
WELL = "aspire_click=x; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=2419200"


def cookie(line: str, url: str = SHOP) -> Cookie:
    found = parse(line, url)
    assert found
    return found


def page(url: str = SHOP, status: int = 200, body: str = "", **headers: str) -> Page:
    return Page(url, status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


def journey(*pages: Page) -> Journey:
    """What a shopper meets whom each address answers with its page."""
    answers = {one.url: one for one in pages}
    return Shopper(lambda url, **_kwargs: answers[url]).follow(pages[0].url)


def judged(*pages: Page, names: Iterable[str] = ("affiliate_id", "offer_id")) -> list[Result]:
    return list(hops.judge(journey(*pages), tuple(names), "aspire_click"))


def moved(url: str, to: str, body: str = "", **headers: str) -> Page:
    return page(url, 301, body, Location=to, **headers)


# Cookies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "url", "refusal"),
    [
        (WELL, SHOP, ""),
        ("a=1; Domain=.shop.example", SHOP, ""),
        ("a=1; Domain=www.shop.example", SHOP, ""),
        ("a=1; Domain=other.example", SHOP, "which www.shop.example does not belong to"),
        ("a=1; Domain=deep.www.shop.example", SHOP, "does not belong to"),
        ("a=1; Domain=example", SHOP, "a whole top-level domain"),
        ("a=1; Domain=0.1", "http://127.0.0.1/", "does not belong to"),
        ("a=1; Secure", "http://www.shop.example/", "is not https"),
        ("a=1; Secure", "http://127.0.0.1:8000/", ""),
        ("a=1; SameSite=None", SHOP, "SameSite=None without Secure"),
        ("a=1; SameSite=None; Secure", SHOP, ""),
    ],
)
def test_a_cookie_is_refused_where_a_browser_refuses_it(line: str, url: str, refusal: str) -> None:
    found = cookie(line, url).refusal(url)
    assert refusal in found
    assert bool(refusal) == bool(found)


@pytest.mark.parametrize(
    ("line", "url", "is_sent"),
    [
        ("a=1", "https://www.shop.example/cart/", True),
        ("a=1", "https://shop.example/", False),
        ("a=1; Domain=shop.example", "https://shop.example/", True),
        ("a=1; Domain=shop.example", "https://deep.www.shop.example/", True),
        ("a=1; Domain=shop.example", "https://myshop.example/", False),
        ("a=1; Secure", "http://www.shop.example/", False),
        ("a=1; Path=/shop", "https://www.shop.example/shop/", True),
        ("a=1; Path=/shop", "https://www.shop.example/shopping", False),
        ("a=1; Path=/shop/", "https://www.shop.example/", False),
    ],
)
def test_a_cookie_is_sent_where_a_browser_sends_it(line: str, url: str, is_sent: bool) -> None:
    assert cookie(line).is_sent_to(url) is is_sent


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("a=1; Max-Age=60; Expires=Sun, 22 Nov 2026 15:00:00 GMT", 60),
        ("a=1; Expires=Sun, 22 Nov 2026 15:00:00 GMT", 3600),
        ("a=1; Max-Age=0", 0),
        ("a=1; Max-Age=soon", None),
        ("a=1; Expires=tomorrow", None),
        ("a=1", None),
    ],
)
def test_a_cookie_lives_as_long_as_a_browser_keeps_it(line: str, seconds: float | None) -> None:
    assert cookie(line).lifetime(NOW) == seconds


@pytest.mark.parametrize("line", ["", "no-sign", "=value; Path=/"])
def test_what_is_no_cookie_is_none(line: str) -> None:
    assert parse(line, SHOP) is None


def test_a_shopper_brings_back_what_was_set_and_forgets_what_was_taken_back() -> None:
    brought: list[str] = []
    sets = iter(["a=1", "a=2; Secure", "a=; Max-Age=0", "b=3; Domain=other.example"])

    def visit(url: str, *, cookies: str) -> Page:
        brought.append(cookies)
        return page(url, Set_Cookie=next(sets))

    shopper = Shopper(visit, "consent=yes")
    for _ in range(4):
        shopper.follow(SHOP)
    assert brought == ["consent=yes", "consent=yes; a=1", "consent=yes; a=2", "consent=yes"]


# Redirects ----------------------------------------------------------------------------------------------------

LINK = "http://shop.example/?affiliate_id=7"


def test_a_redirect_that_drops_the_id_is_named_by_number_address_and_server() -> None:
    (found,) = judged(
        moved(LINK, "https://shop.example/?affiliate_id=7"),
        moved("https://shop.example/?affiliate_id=7", SHOP, "<center>nginx</center>", Server="nginx/1.22"),
        page(),
    )
    assert found.level is Level.FAULT
    assert found.evidence == (
        f"Redirect 2, https://shop.example/?affiliate_id=7 → 301 → {SHOP}, drops affiliate_id (answered by nginx/1.22)."
    )
    assert "`return 301 https://www.shop.example$request_uri;`" in found.remedy


@pytest.mark.parametrize(
    ("server", "body", "start", "held"),
    [
        ("nginx", "<center>nginx</center>", "In nginx", "$request_uri"),
        ("nginx", "", "Make this redirect carry the query on", "If nginx makes it: in nginx"),
        ("Apache/2.4", "<address>Apache/2.4 Server", "In Apache", "QSA"),
        ("cloudflare", "<center>cloudflare</center>", "In Cloudflare", "Preserve query string"),
        ("awselb/2.0", "<center>awselb/2.0</center>", "In the load balancer", "`#{query}`"),
        ("Caddy", "", "In Caddy", "{uri} keeps the query"),
        ("gunicorn", "", "Make this redirect carry the query on", "AffiliateMiddleware"),
    ],
)
def test_what_to_do_about_a_redirect_depends_on_who_makes_it(server: str, body: str, start: str, held: str) -> None:
    (found,) = judged(moved(LINK, SHOP, body, Server=server), page())
    assert found.remedy.startswith(start)
    assert held in found.remedy


def test_a_redirect_that_changes_the_id_is_told_with_both() -> None:
    (found,) = judged(moved(LINK, f"{SHOP}?affiliate_id=8"), page(f"{SHOP}?affiliate_id=8"))
    assert "changes affiliate_id ('7' becomes '8')" in found.evidence


def test_an_offer_id_that_is_dropped_is_told_too() -> None:
    link = f"{LINK}&offer_id=12"
    (found,) = judged(moved(link, f"{SHOP}?affiliate_id=7"), page(f"{SHOP}?affiliate_id=7"))
    assert "drops offer_id" in found.evidence


def test_a_click_that_was_kept_before_the_id_is_dropped_is_no_fault() -> None:
    found = judged(moved(LINK, "http://shop.example/en/", Set_Cookie="aspire_click=x"), page("http://shop.example/en/"))
    assert {result.level for result in found} == {Level.OK}
    assert "the click was kept before" in found[0].evidence


def test_a_click_that_was_kept_for_another_host_is_a_fault() -> None:
    (found,) = judged(moved(LINK, SHOP, Set_Cookie="aspire_click=x"), page())
    assert found.level is Level.FAULT
    assert "in a cookie of shop.example alone, which is not sent to www.shop.example" in found.evidence
    assert "TRACKING_COOKIE_DOMAIN" in found.remedy


def test_a_cookie_of_the_shared_domain_survives_the_change_of_host() -> None:
    found = judged(moved(LINK, SHOP, Set_Cookie="aspire_click=x; Domain=shop.example"), page())
    assert {result.level for result in found} == {Level.OK}


def test_a_way_from_https_to_http_is_a_warning() -> None:
    found = judged(moved(f"{SHOP}?affiliate_id=7", LINK), page(LINK))
    assert [result.level for result in found] == [Level.WARNING, Level.OK]
    assert "from https to http" in found[0].evidence


def test_a_short_link_whose_target_carries_the_id_is_in_order() -> None:
    (found,) = judged(moved("https://get.aspr.app/SH1QbP", f"{SHOP}?affiliate_id=7"), page(f"{SHOP}?affiliate_id=7"))
    assert found.level is Level.OK


def test_a_redirect_out_of_the_web_is_told() -> None:
    (found,) = judged(moved(LINK, "shopapp://open"))
    assert "which no browser opens" in found.evidence


def test_parameters_are_changed_and_taken_out_and_the_rest_stays() -> None:
    changed = with_parameters("https://shop.example/a?x=%20y&affiliate_id=1&z=#top", {"affiliate_id": "2", "z": None})
    assert changed == "https://shop.example/a?x=+y&affiliate_id=2"


# Flags --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "url", "level", "evidence"),
    [
        (WELL, SHOP, Level.OK, "Secure, HttpOnly, SameSite=Lax, for www.shop.example alone, kept for 28 days."),
        (WELL.replace(" Secure;", ""), SHOP, Level.FAULT, "lacks Secure"),
        (WELL.replace(" HttpOnly;", ""), SHOP, Level.FAULT, "lacks HttpOnly"),
        (WELL.replace("Lax", "Strict"), SHOP, Level.WARNING, "SameSite is Strict"),
        (WELL.replace(" SameSite=Lax;", ""), SHOP, Level.WARNING, "SameSite is missing"),
        (WELL.replace("Path=/", "Path=/shop/"), SHOP, Level.FAULT, "Its Path is /shop/"),
        (WELL.replace("; Max-Age=2419200", ""), SHOP, Level.FAULT, "no Max-Age"),
        (WELL.replace("2419200", "86400"), SHOP, Level.WARNING, "kept for 1.0 days"),
        (f"{WELL}; Domain=shop.example", SHOP, Level.WARNING, "Its Domain is shop.example"),
        (WELL, "http://www.shop.example/", Level.WARNING, "plain http"),
    ],
)
def test_each_flag_is_held_against_what_was_sent(line: str, url: str, level: Level, evidence: str) -> None:
    (found,) = judge_flags(cookie(line, url), page(url), cookie_domain="", window_days=28, now=NOW)
    assert found.level is level
    assert evidence in found.evidence


@pytest.mark.parametrize(
    ("line", "host", "level"),
    [
        (f"{WELL}; Domain=shop.example", "www.shop.example", Level.OK),
        (WELL, "www.shop.example", Level.WARNING),
        (WELL, "shop.other", Level.OK),
    ],
)
def test_the_domain_is_the_one_of_the_setting_where_the_host_lies_below_it(line: str, host: str, level: Level) -> None:
    url = f"https://{host}/"
    (found,) = judge_flags(cookie(line, url), page(url), cookie_domain=".shop.example", window_days=28, now=NOW)
    assert found.level is level


# Caches and reasons -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "evidence"),
    [
        ({}, ""),
        ({"Age": "0"}, ""),
        ({"Age": "12"}, "Age: 12"),
        ({"X_Cache": "Miss from cloudfront"}, ""),
        ({"X_Cache": "Hit from cloudfront"}, "X-Cache: Hit from cloudfront"),
        ({"CF_Cache_Status": "DYNAMIC"}, ""),
        ({"CF_Cache_Status": "HIT"}, "CF-Cache-Status: HIT"),
        ({"Cache_Status": "edge; hit"}, "Cache-Status: edge; hit"),
        ({"X_Varnish": "32770"}, ""),
        ({"X_Varnish": "32770 5"}, "X-Varnish: 32770 5"),
    ],
)
def test_a_cache_is_known_by_what_it_says(headers: dict[str, str], evidence: str) -> None:
    assert cache_evidence(page(**headers)) == evidence


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("the name shop.example cannot be resolved", "DNS"),
        ("TLS with shop.example failed: certificate has expired", "Renew"),
        ("TLS with shop.example failed: Hostname mismatch", "names shop.example too"),
        ("TLS with shop.example failed: self-signed certificate", "public authority"),
        ("TLS with shop.example failed: unable to get local issuer certificate", "fullchain.pem"),
        ("TLS with shop.example failed: wrong version number", "serves https on port 8443"),
        ("shop.example refused the connection", "open port 8443"),
        ("no connection to shop.example within 5 s", "firewall"),
        ("shop.example has the address 10.0.0.1, which is not public: refused", "Shoppers cannot reach"),
        ("the connection broke before an answer", "error log"),
    ],
)
def test_each_network_failure_of_the_shop_has_its_remedy(error: str, remedy: str) -> None:
    assert remedy in page_remedy(error, "https://shop.example:8443/")


@pytest.mark.parametrize(
    ("error", "url", "remedy"),
    [
        ("the name get.aspr.app cannot be resolved", "https://get.aspr.app/", "this machine's DNS"),
        ("TLS with get.aspr.app failed: certificate has expired", "https://get.aspr.app/", "this machine's clock"),
        ("get.aspr.app refused the connection", "https://get.aspr.app/", "get.aspr.app:443"),
        ("no connection to get.aspr.app within 5 s", "https://get.aspr.app/", "HTTPS_PROXY"),
        ("127.0.0.1 refused the connection", "http://127.0.0.1:9000/", "run_sandbox"),
    ],
)
def test_each_network_failure_of_the_postback_host_has_its_remedy(error: str, url: str, remedy: str) -> None:
    assert remedy in postback_remedy(error, url)
