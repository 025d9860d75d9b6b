"""Requests a second of the shop under gunicorn, with and without tracking in turn: `python -m tests.benchmarks.pages`.

Absolute figures belong to the machine; the ratios carry over. A round is short and the two shops take turns, so that a
machine that slows down slows both. What tracking costs is told in the processor time that the server spends on a
request: unlike requests a second it does not depend on what else the machine does meanwhile.
"""

import http.client
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from tests import serving
from tests.serving import Served

ROUNDS = 40
CLIENTS = 4  # at once
REQUESTS = 8  # of a page in one round
CHECKOUTS = 2  # in one round
POSTBACK_URL = "https://get.aspr.app/aff_lsr?offer_id=1&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "country": "US",
    "address1": "1 Analytical Way",
    "city": "Springfield",
    "region": "IL",
    "postcode": "62701",
}
PAID = {"status": "confirmed", "fraud_status": "accept", "gateway_response": "3ds-disabled"}


def main() -> None:
    with tempfile.TemporaryDirectory() as name, shops(Path(name)) as (tracked, plain):
        say(f"gunicorn with one worker, SQLite, {CLIENTS} clients at once, medians of {ROUNDS} rounds")
        compare("product list", tracked, plain, lambda shop: get(shop, "/shop/"), REQUESTS)
        compare("product page", tracked, plain, lambda shop: get(shop, "/products/morning-mug/"), REQUESTS)
        compare("checkout, from the cart to paid", tracked, plain, buy, CHECKOUTS)


@contextmanager
def shops(folder: Path) -> Iterator[tuple[Served, Served]]:
    """The same shop twice: with tracking and without, each with a database of its own."""
    with (
        serving_one(folder / "tracked", serving.DEFAULT_APPLICATION) as tracked,
        serving_one(folder / "plain", "tests.benchmarks.untracked:application") as plain,
    ):
        yield tracked, plain


@contextmanager
def serving_one(folder: Path, application: str) -> Iterator[Served]:
    folder.mkdir()
    environment = serving.environment(folder)
    for command in (
        ["migrate"],
        ["seed_store"],
        ["set_offer", "--offer-id=1", f"--postback-url={POSTBACK_URL}", "--default"],
        ["shell", "--command=from store.models import Variant; Variant.objects.update(stock=10**6)"],
        ["collectstatic", "--no-input"],
    ):
        serving.manage(environment, *command)
    with serving.gunicorn(environment, folder, application=application) as served:
        yield served


@dataclass(frozen=True)
class Round:
    """What one round gave: how often a second, and the server's processor seconds for one."""

    rate: float
    seconds: float


def compare(what: str, tracked: Served, plain: Served, work: Callable[[str], None], times: int) -> None:
    rounds: dict[Served, list[Round]] = {tracked: [], plain: []}
    for number in range(ROUNDS + 1):
        for shop in (tracked, plain) if number % 2 else (plain, tracked):
            rounds[shop].append(run(shop, work, times))
    rates = {shop: statistics.median(each.rate for each in done[1:]) for shop, done in rounds.items()}
    seconds = {shop: sum(each.seconds for each in done[1:]) for shop, done in rounds.items()}  # the first one warms up
    say(
        f"{what}: {rates[tracked]:.1f}/s with tracking, {rates[plain]:.1f}/s without; "
        f"tracking costs {seconds[tracked] / seconds[plain] - 1:+.1%} processor time"
    )


def run(shop: Served, work: Callable[[str], None], times: int) -> Round:
    """Get the work done so many times, by several clients at once."""
    busy_before, began = busy(shop), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        for _ in clients.map(work, [shop.address] * times):
            pass
    return Round(times / (time.perf_counter() - began), (busy(shop) - busy_before) / times)


def busy(shop: Served) -> float:
    """The processor seconds that the shop's workers have had so far."""
    times = [worker.cpu_times() for worker in psutil.Process(shop.pid).children()]
    return sum(each.user + each.system for each in times)


def get(shop: str, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(shop).netloc, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    connection.close()


def buy(shop: str) -> None:
    """One sale of a shopper whom a creator sent: landing, cart, checkout, payment."""
    with requests.Session() as browser:
        browser.headers["Origin"] = shop
        browser.get(f"{shop}/products/six-cedar-pencils/?affiliate_id=77").raise_for_status()
        page = browser.get(f"{shop}/products/six-cedar-pencils/").text
        browser.post(f"{shop}/cart/add/", {"variant": value(page, "variant"), "quantity": "1"})
        page = browser.get(f"{shop}/checkout/").text
        hidden = {name: value(page, name) for name in ("csrfmiddlewaretoken", "checkout_token", "quoted", "payment")}
        placed = browser.post(f"{shop}/checkout/", {**ADDRESS, **hidden, "delivery": value(page, "delivery")})
        token = {"csrfmiddlewaretoken": value(placed.text, "csrfmiddlewaretoken")}
        paid = browser.post(placed.url, {**token, **PAID})
        assert "Thank you" in paid.text, paid.text


def value(page: str, name: str) -> str:
    """The value of a form's field: the first of that name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name} in: {page}"
    return found[1]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
