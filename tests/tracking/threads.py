"""Several works at once, for real."""

import threading
from collections.abc import Callable

from django.db import connection


def side_by_side(*works: Callable[[], None]) -> list[Exception]:
    """Do everything at once, each in a thread and a connection of its own; returns what failed."""
    start, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait(10)
            work()
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures
