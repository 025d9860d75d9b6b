"""Requests a second of the shop under gunicorn, with and without tracking in turn: `python -m tests.benchmarks.pages`.

Absolute figures belong to the machine; the ratios carry over. A round is short and the shops take turns, so that a
machine that slows down slows all. What tracking costs is told in the processor time that the server spends on a
request: unlike requests a second it does not depend on what else the machine does meanwhile. There are two shops
without tracking: what lies between them is what this measurement cannot tell apart. Each round enters the shops at
another depth of the stack (see `depths`).
"""

import http.client
import random
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
from tests.benchmarks.depths import HEADER
from tests.serving import Served

ROUNDS = 80
CLIENTS = 4  # at once
REQUESTS = 8  # of a page in one round
CHECKOUTS = 2  # in one round
DEEPEST = 200  # frames
SEED = 11
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
    with tempfile.TemporaryDirectory() as name, shops(Path(name)) as (tracked, plain, twin):
        say(f"gunicorn with one worker, SQLite, {CLIENTS} clients at once, {ROUNDS} rounds at depths up to {DEEPEST}")
        say("product list: " + compare(tracked, plain, twin, list_products, REQUESTS))
        say("product page: " + compare(tracked, plain, twin, show_product, REQUESTS))
        say("checkout, from the cart to paid: " + compare(tracked, plain, twin, buy, CHECKOUTS))


@contextmanager
def shops(folder: Path) -> Iterator[tuple[Served, Served, Served]]:
    """The same shop three times: with tracking, and twice without; each with a database of its own."""
    with (
        serving_one(folder / "tracked", "tests.benchmarks.tracked:application") as tracked,
        serving_one(folder / "plain", "tests.benchmarks.untracked:application") as plain,
        serving_one(folder / "twin", "tests.benchmarks.untracked:application") as twin,
    ):
        yield tracked, plain, twin


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


Work = Callable[[str, int], None]
"""Does something once, in the shop at the address, at the depth of the stack."""


def compare(tracked: Served, plain: Served, twin: Served, work: Work, times: int) -> str:
    rounds: dict[Served, list[Round]] = {tracked: [], plain: [], twin: []}
    chance = random.Random(SEED)
    for _ in range(ROUNDS + 1):
        depth = chance.randrange(DEEPEST)
        for shop in chance.sample(list(rounds), k=len(rounds)):
            rounds[shop].append(run(shop, work, times, depth))
    rates = {shop: statistics.median(each.rate for each in done[1:]) for shop, done in rounds.items()}
    seconds = {shop: [each.seconds for each in done[1:]] for shop, done in rounds.items()}  # the first one warms up
    return (
        f"{rates[tracked]:.1f}/s with tracking, {rates[plain]:.1f}/s without; "
        f"{quick(seconds[tracked]) * 1000:.2f} ms of processor time, of which tracking is "
        f"{added(seconds[tracked], seconds[plain], seconds[twin]):+.1%} "
        f"(between the two without tracking: {added(seconds[twin], seconds[plain]):+.1%})"
    )


def added(with_it: list[float], *without: list[float]) -> float:
    """The share that something adds, by the lower quartiles: what else the machine does only makes a round longer."""
    return quick(with_it) / statistics.mean(quick(each) for each in without) - 1


def quick(rounds: list[float]) -> float:
    return statistics.quantiles(rounds, n=4)[0]


def run(shop: Served, work: Work, times: int, depth: int) -> Round:
    """Get the work done so many times, by several clients at once."""
    busy_before, began = busy(shop), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        for _ in clients.map(work, [shop.address] * times, [depth] * times):
            pass
    return Round(times / (time.perf_counter() - began), (busy(shop) - busy_before) / times)


def busy(shop: Served) -> float:
    """The processor seconds that the shop's workers have had so far."""
    return sum(processor_seconds(worker.pid) for worker in psutil.Process(shop.pid).children())


def processor_seconds(pid: int) -> float:
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | 2)  # the process's own clock, to the nanosecond: clock_getcpuclockid(3)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def list_products(shop: str, depth: int) -> None:
    get(shop, "/shop/", depth)


def show_product(shop: str, depth: int) -> None:
    get(shop, "/products/morning-mug/", depth)


def get(shop: str, path: str, depth: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(shop).netloc, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", HEADER: str(depth)})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    connection.close()


def buy(shop: str, depth: int) -> None:
    """One sale of a shopper whom a creator sent: landing, cart, checkout, payment."""
    with requests.Session() as browser:
        browser.headers.update({"Origin": shop, HEADER: str(depth)})
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
