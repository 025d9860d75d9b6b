"""`deliver_postbacks`: a worker, or with `--once` a cron job."""

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import CommandError

from tracking.management.base import TrackingCommand
from tracking.postbacks.worker import Drain, Worker


class Command(TrackingCommand):
    """Deliver what the outbox owes. SIGTERM and Ctrl-C finish what is under way; a second one ends at once."""

    help = "Deliver postbacks: for ever, or with --once what is due now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without options it runs until it is told to end."""
        parser.add_argument("--once", action="store_true", help="Deliver what is due now, then end (for cron).")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Exit 0 when the work could be done, whatever Aspire said."""
        stop = threading.Event()
        with _stopped_by_signals(stop):
            drain = Drain()
            try:
                if once:
                    self.stdout.write(f"Tried: {drain.run(stop)}.")
                else:
                    self.stdout.write("Delivering postbacks; Ctrl-C ends it.")
                    self.stdout.flush()
                    Worker(drain, stop).run()
                    if drain.is_holding:
                        raise CommandError("Ended with results that could not be written down; their leases will tell.")
                    self.stdout.write("Ended; nothing was left under way.")
            finally:
                drain.close()


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
