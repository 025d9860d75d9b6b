"""Taking turns: processes that drain the same SQLite file commit one after another.

SQLite has one writer at a time, and lets whoever comes second look again after 1, 2, 5, 10 ms and more, so that most of
the time nobody writes: two processes then deliver hardly more than one. A lock that is looked at more often has them
commit almost without a gap. It orders those who drain and nobody else: who writes is still SQLite's to say, and where
there is no such lock its own way has to do.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from django.db import connection

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SUFFIX: Final = "-drain"
"""What the lock's file is called behind the database's name; SQLite's own `-wal` and `-shm` stand there, too."""
PATIENCE: Final = 1.0  # seconds
LOOK_AGAIN: Final = 0.0002  # seconds


@contextmanager
def in_turn() -> Iterator[None]:
    """Hold the turn while the block lasts, on SQLite; waits for it up to a second, as whoever has it may hang."""
    file = _open()
    if file is None:
        yield
        return
    with file:  # closing it ends the turn, as the end of the process does; a child that is forked meanwhile has none
        _wait_for(file)
        yield


def _open() -> "IO[bytes] | None":
    """The lock's file; None where there cannot be one, or where waiting could be for one who waits for us."""
    database: Any = connection
    if fcntl is None or database.vendor != "sqlite" or database.is_in_memory_db() or database.in_atomic_block:
        return None
    try:
        return Path(f"{database.settings_dict['NAME']}{SUFFIX}").open("ab")
    except OSError:
        return None


def _wait_for(file: IO[bytes]) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # another process has it
            time.sleep(LOOK_AGAIN)
        except OSError:  # a file system without locks
            return
        else:
            return
