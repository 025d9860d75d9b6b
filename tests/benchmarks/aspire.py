"""The receiver as the measurements see it: a process of its own, too fast to matter, which notes what arrives."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

QUERY = "offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"


class Aspire:
    def __init__(self, port: int) -> None:
        self.port = port
        self.postback_url = f"http://127.0.0.1:{port}/aff_lsr?{QUERY}"
        self._session = requests.Session()

    def forget(self) -> None:
        """Begin to count anew."""
        self._ask("forget")

    @property
    def count(self) -> int:
        return int(self._ask("count").text)

    def arrivals(self) -> dict[str, float]:
        """The moment that each order's postback first came, on the clock of `time.monotonic`."""
        moments: dict[str, float] = {}
        for moment, order_id in self._ask("arrivals").json():
            moments.setdefault(order_id, moment)
        return moments

    def span(self) -> float:
        """Seconds from the first arrival to the last."""
        moments = [moment for moment, _order_id in self._ask("arrivals").json()]
        return max(moments) - min(moments)

    def wait_for(self, count: int, *, timeout: float = 60) -> None:
        """Wait until so many have come. Raises TimeoutError."""
        give_up_at = time.monotonic() + timeout
        while (came := self.count) < count:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"{came} of {count} postbacks came within {timeout:g} s.")
            time.sleep(0.1)

    def _ask(self, what: str) -> requests.Response:
        return self._session.get(f"http://127.0.0.1:{self.port}/receiver/{what}", timeout=30)


@contextmanager
def aspire(delay_ms: int = 0) -> Iterator[Aspire]:
    """Run a receiver that answers after so many milliseconds."""
    command = [sys.executable, "-m", "tests.benchmarks.receiver", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Aspire(int(process.stdout.readline()))
        finally:
            process.terminate()
