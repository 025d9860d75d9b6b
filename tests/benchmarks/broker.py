"""The broker that Celery uses in the benchmarks."""

import os
import socket
from typing import Final
from urllib.parse import urlsplit

BROKER_URL: Final = os.environ.get("BENCH_BROKER_URL", "redis://127.0.0.1:6379/13")
DEAD_BROKER_URL: Final = "redis://127.0.0.1:1/0"  # nobody listens there


def is_up() -> bool:
    """Tell whether somebody listens at the broker's address."""
    address = urlsplit(BROKER_URL)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", address.port or 6379), timeout=2).close()
    except OSError:
        return False
    return True
