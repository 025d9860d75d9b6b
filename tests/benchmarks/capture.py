"""How many clicks a second one process keeps through the capture endpoint: `python -m tests.benchmarks.capture`.

The reference shop's whole middleware, without the network: what a WSGI server adds is its own.
"""

import logging
import os
import statistics
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases

from tests.factories import OfferFactory

ROUNDS = 5
CLICKS = 2000


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":  # a file, as a shop has it; tests are in memory otherwise
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "bench.sqlite3")
        names = setup_databases(verbosity=0, interactive=False)
        try:
            OfferFactory()
            bench_capture()
        finally:
            teardown_databases(names, verbosity=0)


def bench_capture() -> None:
    """Clicks of new shoppers through the endpoint, one after the other in one process."""
    handler = WSGIHandler()
    with CaptureQueriesContext(connection) as queries:
        tell(handler, 0)
    writes = sum(not query["sql"].startswith("SELECT") for query in queries.captured_queries)
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for number in range(CLICKS):
            tell(handler, number)
        rates.append(CLICKS / (time.perf_counter() - began))
    sys.stdout.write(
        f"capture endpoint: {statistics.median(rates):.0f} clicks/s on one process, {writes} writes a click\n"
    )


def tell(handler: WSGIHandler, number: int) -> None:
    answered: list[Any] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/tracking/capture",
        "QUERY_STRING": f"affiliate_id={number}&utm_source=newsletter",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "HTTP_ORIGIN": "http://localhost",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }
    response = handler(environ, lambda *answer: answered.append(answer))
    response.close()
    (status, headers), *_ = answered
    assert status.startswith("204"), status
    assert any(name == "Set-Cookie" for name, _ in headers)


if __name__ == "__main__":
    main()
