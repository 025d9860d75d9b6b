"""How long the admin's pages take with ten thousand orders, and with a million of a year."""

import statistics
import time
from typing import Final

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from tests.benchmarks import ledger_rows, rows
from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import Sizes

OVERVIEW: Final = "/admin/tracking/overview/"
CONVERSIONS: Final = "/admin/tracking/conversion/"
POSTBACKS: Final = "/admin/tracking/postback/"
PAGES: Final = {
    "overview, 24 hours": f"{OVERVIEW}?period=24h",
    "overview, 7 days": f"{OVERVIEW}?period=7d",
    "overview, 30 days": f"{OVERVIEW}?period=30d",
    "overview, 90 days": f"{OVERVIEW}?period=90d",
    "conversions": CONVERSIONS,
    "conversions, fifth page": f"{CONVERSIONS}?p=5",
    "conversions, excluded": f"{CONVERSIONS}?outcome__exact=excluded",
    "conversions, renewals, of which there are none": f"{CONVERSIONS}?is_renewal__exact=1",
    "conversions of one affiliate": f"{CONVERSIONS}?affiliate_id__exact=1100",
    "conversions, an order": f"{CONVERSIONS}?q=PW-5000",
    "conversions, a customer": f"{CONVERSIONS}?q=c77",
    "conversions, the beginning of an order's number": f"{CONVERSIONS}?q=PW-50",
    "conversions, nothing found": f"{CONVERSIONS}?q=unknown",
    "postbacks": POSTBACKS,
    "postbacks, rejected": f"{POSTBACKS}?status__exact=rejected",
    "postbacks, last verdict rejected": f"{POSTBACKS}?verdict__exact=rejected",
    "postbacks, an order": f"{POSTBACKS}?q=PW-5000",
    "postbacks, nothing found": f"{POSTBACKS}?q=unknown",
}
TARGETS: Final = {name: 300.0 for name in PAGES if name.startswith("overview")}  # ms, on PostgreSQL


def measure(sizes: Sizes) -> list[Figure]:
    """Medians of a signed-in person's requests, templates and all."""
    few, many = sizes.settled_rows
    ledger_rows.fill(few)
    short = _times(sizes.rounds)
    rows.clear()
    ledger_rows.fill(many)
    long = _times(sizes.rounds)
    return [
        Figure(
            name=f"{name}, {many:,} orders",
            value=long[name],
            unit="ms",
            beside=f"{short[name]:.0f} ms with {few:,}",
            at_most=TARGETS.get(name) if connection.vendor == "postgresql" else None,
        )
        for name in PAGES
    ]


def _times(rounds: int) -> dict[str, float]:
    user, _ = get_user_model().objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return {name: _median(client, address, rounds) for name, address in PAGES.items()}


def _median(client: Client, address: str, rounds: int) -> float:
    """In milliseconds; the first request, which warms caches, is left out."""
    taken = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        response = client.get(address)
        taken.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 200, (address, response.status_code)
    return statistics.median(taken[1:])
