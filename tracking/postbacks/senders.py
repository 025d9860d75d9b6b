"""The threads that send: they do HTTP and nothing else; the database belongs to the thread that drains."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_END: Final = object()


class Senders(Generic[Job, Result]):
    """Up to `size` daemon threads that turn jobs into results with `work`, started as jobs need them.

    Daemon threads, because those of `concurrent.futures` keep a process from ending.
    """

    def __init__(self, size: int, work: Callable[[Job], Result]) -> None:
        self.size = size
        self._work = work
        self._jobs: queue.SimpleQueue[Job | object] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()
        self._failure: Exception | None = None
        self._threads = 0
        self.busy = 0
        """Jobs handed over whose result was not collected yet."""

    @property
    def free(self) -> int:
        return self.size - self.busy

    def submit(self, job: Job) -> None:
        """Hand a job over; it starts at once, as long as `free` was above zero."""
        if self._threads <= self.busy and self._threads < self.size and self._start_thread():
            self._threads += 1
        self.busy += 1
        self._jobs.put(job)
        if not self._threads:  # an interpreter that shuts down starts no threads: do it here
            self._jobs.put(_END)
            self._run()

    def collect(self, *, most: int, timeout: float, gather: float) -> list[Result]:
        """Wait up to `timeout` seconds for a result, then up to `gather` seconds for more, `most` in all.

        Raises what `work` raised, once the results before it have been handed out.
        """
        if self._failure:
            failure, self._failure = self._failure, None
            raise failure
        results: list[Result] = []
        until = time.monotonic() + timeout
        while len(results) < most and self.busy:
            try:
                result = self._results.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                break
            if not results:
                until = time.monotonic() + gather
            self.busy -= 1
            if isinstance(result, Exception):
                if not results:
                    raise result
                self._failure = result
                break
            results.append(result)
        return results

    def take_back(self) -> list[Job]:
        """Take back the jobs that no thread has begun."""
        jobs: list[Job] = []
        while True:
            try:
                jobs.append(self._jobs.get_nowait())  # type: ignore[arg-type]
            except queue.Empty:
                self.busy -= len(jobs)
                return jobs

    def close(self) -> None:
        """Let the threads end once they are idle."""
        for _ in range(self._threads):
            self._jobs.put(_END)
        self._threads = 0

    def _start_thread(self) -> bool:
        try:
            threading.Thread(target=self._run, name="tracking-sender", daemon=True).start()
        except RuntimeError:
            return False
        return True

    def _run(self) -> None:
        while (job := self._jobs.get()) is not _END:
            try:
                result: Result | Exception = self._work(job)  # type: ignore[arg-type]
            except Exception as error:  # noqa: BLE001 - handed to the thread that collects
                result = error
            self._results.put(result)
