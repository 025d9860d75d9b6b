"""What tracking adds to the shop's pages under gunicorn: `python -m tests.benchmarks.pages`.

It is told in the processor time that the server spends: unlike requests a second that does not depend on what else the
machine does meanwhile. Beside each figure stands how sure it is, and what comes out for a second shop without tracking
in the place of the one with it: nothing, if the measurement is any good.
"""

import http.client
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
import requests

from tests import serving
from tests.serving import Served

TRACKED, PLAIN, TWIN = SHOPS = ("tracked", "plain", "twin")
SEEDS = (1, 2, 3, 4)  # of hashes and of the rounds' order: the server starts anew with each
WARM_UP = 5  # rounds
DEEPEST = 200  # frames
SAMPLES = 2000  # that the interval is read from
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

Work = Callable[[str, dict[str, str]], Callable[[], None]]
"""Prepares something in the shop at the address, with these headers, and returns what is measured."""
Round = dict[str, float]
"""The server's processor seconds for one piece of work, by shop."""


def main() -> None:
    rounds: dict[Work, list[Round]] = {each: [] for each in WORK}
    with tempfile.TemporaryDirectory() as name:
        environment = set_up(Path(name))
        for seed in SEEDS:
            with serving_one(environment, Path(name), seed) as server:
                for each, (_what, times) in WORK.items():
                    rounds[each] += measure(server, each, times, random.Random(seed))
    say(f"gunicorn with one worker, SQLite, {len(SEEDS)} starts; requests a second are one processor's")
    for each, (what, _times) in WORK.items():
        say(f"{what}: {compare(rounds[each])}")


def set_up(folder: Path) -> dict[str, str]:
    environment = serving.environment(folder)
    for command in (
        ["migrate"],
        ["seed_store"],
        ["set_offer", "--offer-id=1", f"--postback-url={POSTBACK_URL}", "--default"],
        ["shell", "--command=from store.models import Variant; Variant.objects.update(stock=10**6)"],
        ["collectstatic", "--no-input"],
    ):
        serving.manage(environment, *command)
    return environment


@contextmanager
def serving_one(environment: dict[str, str], folder: Path, seed: int) -> Iterator[Served]:
    (log_folder := folder / str(seed)).mkdir()
    seeded = {**environment, "PYTHONHASHSEED": str(seed)}
    with serving.gunicorn(seeded, log_folder, application="tests.benchmarks.side_by_side:application") as served:
        yield served


def measure(server: Served, work: Work, times: int, chance: random.Random) -> list[Round]:
    for _ in range(WARM_UP):
        run(server, work, chance)
    get(server.address, "/freeze", {})
    return [run(server, work, chance) for _ in range(times)]


def run(server: Served, work: Work, chance: random.Random) -> Round:
    """The work once there and once back through the shops, so that what slows down evenly slows all down the same."""
    [worker] = psutil.Process(server.pid).children()
    headers = {"X-Depth": str(chance.randrange(DEEPEST))}
    spent = dict.fromkeys(SHOPS, 0.0)
    there = chance.sample(SHOPS, k=len(SHOPS))
    for shop in (*there, *reversed(there)):
        act = work(server.address, {**headers, "X-Shop": shop})
        before = processor_seconds(worker.pid)
        act()
        spent[shop] += (processor_seconds(worker.pid) - before) / 2
    return spent


def processor_seconds(pid: int) -> float:
    if sys.platform == "linux":
        return time.clock_gettime((~pid << 3) | 2)  # the process's own clock, to the nanosecond: clock_getcpuclockid(3)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def compare(rounds: Sequence[Round]) -> str:
    with_it, without = (statistics.median(each[shop] for each in rounds) for shop in (TRACKED, PLAIN))
    added = [2 * each[TRACKED] / (each[PLAIN] + each[TWIN]) - 1 for each in rounds]
    return (
        f"{1 / with_it:.1f}/s with tracking, {1 / without:.1f}/s without; {without * 1000:.2f} ms of processor time, "
        f"to which tracking adds {share(added)}; "
        f"the other one without: {share([each[TWIN] / each[PLAIN] - 1 for each in rounds])}"
    )


def share(added: Sequence[float]) -> str:
    """The median of what was added in each round, and the interval that it is in with 95 %: a bootstrap's."""
    chance = random.Random(0)
    medians = [statistics.median(chance.choices(added, k=len(added))) for _ in range(SAMPLES)]
    low, high = (statistics.quantiles(medians, n=40)[end] for end in (0, -1))
    return f"{statistics.median(added):+.1%} ({low:+.1%} to {high:+.1%})"


def list_products(shop: str, headers: dict[str, str]) -> Callable[[], None]:
    return lambda: get(shop, "/shop/", headers)


def show_product(shop: str, headers: dict[str, str]) -> Callable[[], None]:
    return lambda: get(shop, "/products/morning-mug/", headers)


def land(shop: str, headers: dict[str, str]) -> Callable[[], None]:
    return lambda: get(shop, "/products/morning-mug/?affiliate_id=77", headers)


def get(shop: str, path: str, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(shop).netloc, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
    answer = connection.getresponse()
    answer.read()
    assert answer.status in {200, 204}, answer.status
    connection.close()


def open_checkout(shop: str, headers: dict[str, str]) -> Callable[[], None]:
    browser = with_a_full_cart(shop, headers)

    def open_it() -> None:
        with browser:
            browser.get(f"{shop}/checkout/").raise_for_status()

    return open_it


def check_out(shop: str, headers: dict[str, str]) -> Callable[[], None]:
    browser = with_a_full_cart(shop, headers)

    def pay() -> None:
        with browser:
            page = browser.get(f"{shop}/checkout/").text
            hidden = {
                name: value(page, name) for name in ("csrfmiddlewaretoken", "checkout_token", "quoted", "payment")
            }
            placed = browser.post(f"{shop}/checkout/", {**ADDRESS, **hidden, "delivery": value(page, "delivery")})
            token = {"csrfmiddlewaretoken": value(placed.text, "csrfmiddlewaretoken")}
            paid = browser.post(placed.url, {**token, **PAID})
            assert "Thank you" in paid.text, paid.text

    return pay


def with_a_full_cart(shop: str, headers: dict[str, str]) -> requests.Session:
    """A shopper whom a creator sent, and who has something in the cart."""
    browser = requests.Session()
    browser.headers.update({"Origin": shop, **headers})
    page = browser.get(f"{shop}/products/six-cedar-pencils/?affiliate_id=77").text
    browser.post(f"{shop}/cart/add/", {"variant": value(page, "variant"), "quantity": "1"})
    return browser


def value(page: str, name: str) -> str:
    """The value of a form's field: the first of that name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name} in: {page}"
    return found[1]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


WORK: Final[dict[Work, tuple[str, int]]] = {  # what it is, and rounds a start
    list_products: ("product list", 120),
    show_product: ("product page", 120),
    land: ("landing with a creator's link", 60),
    open_checkout: ("checkout page of that shopper", 60),
    check_out: ("that checkout, from its page to paid", 60),
}

if __name__ == "__main__":
    main()
