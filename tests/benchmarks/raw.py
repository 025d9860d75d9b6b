"""The limit for this client: `python -m tests.benchmarks.raw URL COUNT THREADS` GETs a URL and records nothing.

It begins when it is sent SIGUSR1, and then waits to be killed, so that its CPU time can be read.
"""

import signal
import sys
import threading

import requests


def main(url: str, count: int, threads: int) -> None:
    jobs = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        with requests.Session() as session:
            while True:
                with lock:
                    number = next(jobs, None)
                if number is None:
                    return
                assert "success=true" in session.get(url.replace("ORDER_ID", str(number)), timeout=(5, 15)).text

    signal.sigwait([signal.SIGUSR1])
    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    signal.pause()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
