"""What tracking costs and how fast it delivers, as ratios taken side by side in one run: `make bench`.

Absolute figures belong to the machine; the ratios carry over.
"""

import contextlib
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

import requests
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases
from django.utils import timezone

from store.models import Order, OrderLine
from tests.factories import OfferFactory, PostbackFactory, completed_order
from tracking.middleware import AffiliateMiddleware
from tracking.models import Offer, Postback, RememberedClick
from tracking.postbacks.worker import Drain, threads_at_once
from tracking.sandbox import Fault, Sandbox
from tracking.signals import order_completed

ROUNDS = 5
DELIVERIES = 1000
ORDERS = 100


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":  # a file, as a shop has it; tests are in memory otherwise
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "bench.sqlite3")
        names = setup_databases(verbosity=0, interactive=False)
        try:
            say(f"Django {django.__version__}, {connection.vendor}, medians of {ROUNDS} rounds")
            OfferFactory()
            bench_middleware()
            bench_checkout()
            for delay_ms in (0, 50):
                bench_delivery(delay_ms)
            bench_checkout_while_sending()  # last: its thread goes on looking for work
        finally:
            teardown_databases(names, verbosity=0)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """The medians of two pieces of work done in turn, so that a machine that slows down slows both."""
    pairs = [(timed(first), timed(second)) for _ in range(ROUNDS + 1)][1:]
    return statistics.median(one for one, _ in pairs), statistics.median(two for _, two in pairs)


def bench_middleware() -> None:
    """A page without the parameter."""
    request = RequestFactory().get("/products/cup/?utm_source=newsletter")

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    wrapped = AffiliateMiddleware(view)
    times = 20_000
    plain, tracked = in_turn(
        lambda: [view(request) for _ in range(times)], lambda: [wrapped(request) for _ in range(times)]
    )
    say(f"middleware, page without the parameter: + {(tracked - plain) / times * 1e6:.1f} µs")


class Checkout:
    """Orders of two lines, each placed in a transaction of its own, with a click remembered beforehand."""

    def __init__(self, *, tracked: bool) -> None:
        self._tracked = tracked

    def run(self) -> float:
        """Place ORDERS orders; returns the seconds that the median one took."""
        numbers = [f"B{uuid4().hex[:12]}" for _ in range(ORDERS)]
        now = timezone.now()
        RememberedClick.objects.bulk_create(
            RememberedClick(order_id=number, affiliate_id="77", clicked_at=now, remembered_at=now) for number in numbers
        )
        return statistics.median(timed(lambda number=number: self._place(number)) for number in numbers)

    def _place(self, number: str) -> None:
        with transaction.atomic():
            order = Order.objects.create(
                number=number,
                checkout_token=uuid4(),
                currency="USD",
                items_total=Decimal("49.99"),
                total=Decimal("49.99"),
            )
            for price in (Decimal("19.99"), Decimal("30.00")):
                OrderLine.objects.create(order=order, name="Cup", unit_price=price, quantity=1)
            if self._tracked:
                order_completed.send(sender=Order, order=completed_order(order_id=number))


def bench_checkout() -> None:
    """What recording adds to an order."""
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        RememberedClick.objects.create(
            order_id="Q", affiliate_id="77", clicked_at=timezone.now(), remembered_at=timezone.now()
        )
        before = len(queries)
        order_completed.send(sender=Order, order=completed_order(order_id="Q"))
        sent = [query["sql"] for query in queries.captured_queries[before:]]
    count = sum(not sql.startswith(("SAVEPOINT", "RELEASE")) for sql in sent)
    plain, tracked = Checkout(tracked=False), Checkout(tracked=True)
    rounds = [(plain.run(), tracked.run()) for _ in range(ROUNDS)]
    without, recorded = (statistics.median(column) for column in zip(*rounds, strict=True))
    say(
        f"checkout with recording: {recorded / without:.2f} x without "
        f"({without * 1e3:.2f} → {recorded * 1e3:.2f} ms), {count} queries for a credited order"
    )


def bench_delivery(delay_ms: int) -> None:
    """GET and record, against the raw `requests` loop with as many threads."""
    threads = threads_at_once()
    with receiver(delay_ms) as port:
        url = f"http://127.0.0.1:{port}/aff_lsr?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
        Offer.objects.update(postback_url=url)
        drain = Drain()
        try:
            raw, ours = [], []
            for _ in range(ROUNDS):
                raw.append(timed(lambda: raw_loop(url, threads)))
                fill()
                ours.append(timed(drain.run))
        finally:
            drain.close()
    raw_rate, our_rate = DELIVERIES / statistics.median(raw), DELIVERIES / statistics.median(ours)
    say(
        f"delivery, {delay_ms} ms away, {threads} threads: {our_rate:.0f}/s, "
        f"{our_rate / raw_rate:.2f} x the raw requests loop ({raw_rate:.0f}/s)"
    )


def bench_checkout_while_sending() -> None:
    """Whether Aspire's health can be felt in the checkout: the thread engine sends meanwhile, in this process."""
    tracked = Checkout(tracked=True)
    Postback.objects.all().delete()
    with Sandbox(port=0) as sandbox:
        Offer.objects.update(postback_url=sandbox.postback_url)
        settings.TRACKING_ENGINE = "thread"
        times: dict[str, list[float]] = {"accepting": [], "stalled": [], "dropping": [], "refusing": []}
        faults = (None, Fault.STALL, Fault.DROP, Fault.REFUSE)
        for _ in range(ROUNDS):
            for name, fault in zip(times, faults, strict=True):
                sandbox.fault = fault
                times[name].append(tracked.run())
        sandbox.fault = None
    times["down"] = [tracked.run() for _ in range(ROUNDS)]
    healthy = statistics.median(times.pop("accepting"))
    shown = ", ".join(f"{name} {statistics.median(each) / healthy:.2f} x" for name, each in times.items())
    say(f"checkout while the thread engine sends, against an Aspire that accepts: {shown}")


def fill() -> None:
    offer = Offer.objects.get()
    due_at = timezone.now() - timedelta(seconds=1)
    with transaction.atomic():
        PostbackFactory.create_batch(DELIVERIES, offer=offer, due_at=due_at)


def raw_loop(url: str, threads: int) -> None:
    jobs = iter(range(DELIVERIES))
    lock = threading.Lock()

    def work() -> None:
        with requests.Session() as session:
            while True:
                with lock:
                    if next(jobs, None) is None:
                        return
                assert "success=true" in session.get(url, timeout=(5, 15)).text

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


@contextlib.contextmanager
def receiver(delay_ms: int) -> Iterator[int]:
    """A receiver in a process of its own, too fast to matter."""
    command = [sys.executable, "-m", "tests.benchmarks.receiver", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
