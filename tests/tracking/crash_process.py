"""A process of a crash test: what it writes is kept, and it can be killed at any moment."""

import subprocess
from contextlib import suppress
from pathlib import Path

from tests.tracking.processes import ROOT
from tests.tracking.waiting import PATIENCE, until


class Process:
    """A process whose output goes to a file; killed at the latest when the `with` block ends."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def is_at_work(self) -> bool:
        """It is alive and has said its first word, which a worker does before it looks for work."""
        return self.is_running and self._log.stat().st_size > 0

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait_for(self, word: str, *, times: int) -> None:
        """Wait until it has written a word so many times, or has ended."""
        until(lambda: self.log.count(word) >= times or not self.is_running, f"{times} times {word!r}")

    def wait_for_another(self, word: str) -> None:
        """Wait until it has written a word once more, or has ended."""
        self.wait_for(word, times=self.log.count(word) + 1)

    def wait(self) -> int:
        """Wait for its end; the exit status."""
        return self._process.wait(5 * PATIENCE)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end, as a deployment does; its exit status."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        return self.wait()
