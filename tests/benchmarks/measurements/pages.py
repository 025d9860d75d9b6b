"""What the middleware adds to a page that is no landing, with and without a query."""

import statistics
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import Sizes
from tracking.middleware import AffiliateMiddleware

PAGE = "/about/"  # the shop's plainest
FEW = 100


def measure(sizes: Sizes) -> list[Figure]:
    """The time added, as a share of the shop's plainest page."""
    client = Client()
    page = min(_seconds(lambda: client.get(PAGE), FEW) for _ in range(sizes.rounds))
    cases = {"without a query": "/products/cup/", "with a query": "/products/cup/?utm_source=newsletter"}
    return [_figure(name, _added(path, sizes), page) for name, path in cases.items()]


def _added(path: str, sizes: Sizes) -> float:
    request = RequestFactory().get(path)
    response = HttpResponse()

    def view(_request: HttpRequest) -> HttpResponse:
        return response

    wrapped = AffiliateMiddleware(view)
    rounds = [
        (_seconds(lambda: view(request), sizes.pages), _seconds(lambda: wrapped(request), sizes.pages))
        for _ in range(sizes.rounds + 1)
    ][1:]
    return statistics.median(tracked for _, tracked in rounds) - statistics.median(plain for plain, _ in rounds)


def _seconds(work: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times


def _figure(name: str, added: float, page: float) -> Figure:
    return Figure(
        name=f"of a page {name}",
        value=added / page * 100,
        unit="%",
        beside=f"{added * 1e6:.1f} µs of {page * 1e3:.2f} ms",
    )
