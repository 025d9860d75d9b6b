"""Postbacks to the local Aspire, and its page."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import requests

from tracking.sandbox import Offer, Sandbox
from tracking.sandbox.offers import DEFAULT_CREATORS, Catalogue

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVIL = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>"""
TIMEOUT = 5  # seconds
CATALOGUE = Catalogue(
    offers=(
        Offer(),
        Offer(offer_id="2", is_paused=True),
        Offer(offer_id="3", aff_ids=("204817",)),
        Offer(offer_id="4", security_token="a" * 32),
    ),
    creators=DEFAULT_CREATORS,
)


def sale(**params: str) -> dict[str, str]:
    return {"offer_id": "12345", "aff_id": "123456", "amount": "49.99", "adv_unique1": "1001", **params}


def send(to: Sandbox, path: str = "/aff_lsr", **params: str) -> requests.Response:
    return requests.get(to.url + path, params=sale(**params), timeout=TIMEOUT, allow_redirects=False)


@contextmanager
def sending(to: Sandbox, **params: str) -> Iterator[list[requests.Response | requests.RequestException]]:
    """Send a postback from another thread; what came of it is in the list after the block."""
    outcome: list[requests.Response | requests.RequestException] = []

    def run() -> None:
        try:
            outcome.append(send(to, **params))
        except requests.RequestException as error:
            outcome.append(error)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run)
        yield outcome


def page(of: Sandbox) -> str:
    return requests.get(of.url, timeout=TIMEOUT).text


def press(on: Sandbox, path: str, *, origin: str = "", **form: str) -> int:
    headers = {"Origin": origin or on.url}
    return requests.post(on.url + path, data=form, headers=headers, timeout=TIMEOUT, allow_redirects=False).status_code
