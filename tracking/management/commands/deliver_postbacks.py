"""`deliver_postbacks`: a worker, or with `--once` a cron job."""

import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from django.core.management.base import CommandError

from tracking.conf.delivery import MOST_CONCURRENT
from tracking.management.base import TrackingCommand
from tracking.postbacks.engines import watching
from tracking.postbacks.worker import Drain, Worker
from tracking.watch import rounds

MOST_POSTBACKS: Final = 1_000_000
LONGEST_INTERVAL: Final = 3600  # seconds


class Command(TrackingCommand):
    """Deliver what the outbox owes. SIGTERM and Ctrl-C finish what is under way; a second one ends at once."""

    help = "Deliver postbacks: for ever, or with --once what is due now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without options it runs until it is told to end."""
        parser.add_argument("--once", action="store_true", help="Deliver what is due now, then end (for cron).")
        parser.add_argument(
            "--concurrency",
            type=whole_number(most=MOST_CONCURRENT),
            metavar="N",
            help="Requests under way at once. Default: TRACKING_CONCURRENCY, or 32.",
        )
        parser.add_argument(
            "--interval",
            type=positive_seconds,
            metavar="SECONDS",
            help="Between looks for work when idle. Default: 1 on PostgreSQL, where commits wake the worker; else 0.5.",
        )
        parser.add_argument(
            "--max-postbacks",
            type=whole_number(most=MOST_POSTBACKS),
            metavar="N",
            help="End after N postbacks, for a supervisor to start a fresh process.",
        )

    def handle(
        self,
        *args: Any,
        once: bool,
        concurrency: int | None,
        interval: float | None,
        max_postbacks: int | None,
        **options: Any,
    ) -> None:
        """Exit 0 when the work could be done, whatever Aspire said."""
        stop = threading.Event()
        with _stopped_by_signals(stop):
            drain = Drain(concurrency=concurrency)
            try:
                if once:
                    rounds.look_before_draining()
                    self.stdout.write(f"Tried: {drain.run(stop, most=max_postbacks)}.")
                    rounds.tell_after_draining()
                else:
                    self.stdout.write("Delivering postbacks; Ctrl-C ends it.")
                    self.stdout.flush()
                    Worker(drain, stop, interval=interval, most=max_postbacks, each_round=watching.wake).run()
                    if drain.is_holding:
                        raise CommandError("Ended with results that could not be written down; their leases will tell.")
                    self.stdout.write("Ended; nothing was left under way.")
            finally:
                drain.close()


def whole_number(*, most: int) -> Callable[[str], int]:
    """How to read a count from the command line. What it returns raises ArgumentTypeError for what is none."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= most):
            raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {most}.")
        return int(text)

    return read


def positive_seconds(text: str) -> float:
    """Read a time from the command line. Raises ArgumentTypeError for what is none."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.01 <= seconds <= LONGEST_INTERVAL:  # not a number fails this as well
        raise ArgumentTypeError(f"{text!r} is not a number of seconds from 0.01 to {LONGEST_INTERVAL}.")
    return seconds


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let signals set `stop` meanwhile; a program that calls this command keeps its own handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    former = {number: signal.signal(number, _stopper(stop)) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _stopper(stop: threading.Event) -> Any:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    return on_signal
