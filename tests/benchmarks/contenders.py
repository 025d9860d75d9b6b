"""Who delivers: the raw loop, tracking's own workers, and what a user would pick in place of them.

Each is a context manager: it prepares so many postbacks, starts its processes, and yields them when they are ready,
with the function that lets them begin.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from django.db import transaction
from django.test import override_settings

from tests.benchmarks import rows
from tests.benchmarks.aspire import Aspire
from tests.benchmarks.processes import Measured, measured

Begin = Callable[[], object]
RIVALS = "tests.benchmarks.rivals"
RIVAL_SETTINGS = f"{RIVALS}.settings"


@contextmanager
def raw_loop(aspire: Aspire, count: int) -> Iterator[tuple[Measured, Begin]]:
    command = ["-m", "tests.benchmarks.raw", aspire.postback_url, str(count), str(rows.threads())]
    with measured(command) as loop:
        loop.wait_until_ready()
        yield loop, lambda: loop.send_signal(signal.SIGUSR1)


@contextmanager
def own_workers(aspire: Aspire, count: int, *, processes: int = 1) -> Iterator[tuple[Measured, Begin]]:
    """They look often, so that two of them begin at the same moment, also where a commit wakes nobody."""
    rows.owe(count - 1, rows.set_offer(aspire.postback_url))
    with worker_processes(processes, "--interval=0.05") as workers:
        yield workers, rows.release


@contextmanager
def celery_engine(aspire: Aspire, count: int) -> Iterator[tuple[Measured, Begin]]:
    """The engine `celery`: one process of the shop's own Celery app, woken by the order's commit."""
    import_module("config.celery").app.control.purge()
    rows.owe(count - 1, rows.set_offer(aspire.postback_url))
    command = ["-m", "celery", "--app", "config", "worker", "--concurrency=1", "--loglevel=ERROR"]
    with (
        override_settings(TRACKING_ENGINE="celery"),
        measured(command, TRACKING_ENGINE="celery", TRACKING_CONCURRENCY=str(rows.threads())) as worker,
    ):
        worker.wait_until_ready()
        yield worker, rows.release


@contextmanager
def worker_processes(count: int = 1, *options: str) -> Iterator[Measured]:
    """Idle `deliver_postbacks` workers."""
    command = ["manage.py", "deliver_postbacks", f"--concurrency={rows.threads()}", *options]
    with measured(*[command] * count) as workers:
        workers.wait_until_ready()
        yield workers


@contextmanager
def celery_tasks(aspire: Aspire, count: int, *, keeps_connection: bool = False) -> Iterator[tuple[Measured, Begin]]:
    """One worker of two processes. The tasks wait in a queue that the worker is told to consume when it is ready."""
    celery_app = import_module(f"{RIVALS}.celery_app")
    tasks = import_module(f"{RIVALS}.celery_tasks")
    ids = rows.owe(count, rows.set_offer(aspire.postback_url))
    rows.make_due()
    command = ["-m", "celery", "-A", f"{RIVALS}.celery_app", "worker", "--concurrency=2", "--loglevel=ERROR"]
    kept = {"CELERY_DB_REUSE_MAX": "1000000"} if keeps_connection else {}
    celery_app.app.control.purge()
    for postback_id in ids:
        tasks.deliver.delay(postback_id)
    with measured(
        [*command, "--queues", celery_app.IDLE_QUEUE], DJANGO_SETTINGS_MODULE=RIVAL_SETTINGS, **kept
    ) as worker:
        worker.wait_until_ready()
        # It looks for other workers, for a second or so, before it takes orders.
        assert any(celery_app.app.control.broadcast("ping", reply=True, limit=1) for _ in range(20)), worker.log
        yield worker, lambda: celery_app.app.control.add_consumer(celery_app.QUEUE)


@contextmanager
def django_tasks(aspire: Aspire, count: int) -> Iterator[tuple[Measured, Begin]]:
    """Two processes of django-tasks-db, which look often."""
    tasks = import_module(f"{RIVALS}.database_tasks")
    ids = rows.owe(count, rows.set_offer(aspire.postback_url))
    command = ["manage.py", "db_worker", "--interval=0.05", "--no-startup-delay", "--no-reload", "--verbosity=0"]
    with measured(command, command, DJANGO_SETTINGS_MODULE=RIVAL_SETTINGS) as workers:
        workers.wait_until_ready()
        yield workers, lambda: _enqueue(lambda: [tasks.deliver.enqueue(postback_id) for postback_id in ids])


@contextmanager
def procrastinate_jobs(aspire: Aspire, count: int) -> Iterator[tuple[Measured, Begin]]:
    """One process that runs as many jobs at once as the own worker has threads."""
    tasks = import_module(f"{RIVALS}.tasks")
    ids = rows.owe(count, rows.set_offer(aspire.postback_url))
    command = ["manage.py", "procrastinate", "worker", f"--concurrency={rows.threads()}"]
    with measured(command, DJANGO_SETTINGS_MODULE=RIVAL_SETTINGS) as worker:
        worker.wait_until_ready()
        yield worker, lambda: _enqueue(lambda: tasks.deliver.batch_defer(*({"postback_id": each} for each in ids)))


def _enqueue(enqueue: Begin) -> None:
    """All at once: what is enqueued in a transaction is seen when it commits."""
    with transaction.atomic():
        rows.make_due()
        enqueue()
