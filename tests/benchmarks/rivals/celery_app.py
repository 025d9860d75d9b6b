"""Rival: the Celery app of a shop with a task for each postback. CELERY_DB_REUSE_MAX keeps its database connections."""

import os
from typing import Final

from celery import Celery

from tests.benchmarks.broker import BROKER_URL

QUEUE: Final = "tracking-benchmark"
IDLE_QUEUE: Final = "tracking-benchmark-idle"

app = Celery("tracking-benchmark", broker=BROKER_URL, set_as_current=False)
app.conf.update(
    imports=["tests.benchmarks.rivals.celery_tasks"],
    task_default_queue=QUEUE,
    task_ignore_result=True,
    CELERY_DB_REUSE_MAX=int(os.environ.get("CELERY_DB_REUSE_MAX", "0")),
)
