"""The reference shop's Celery app, `celery --app tests.tracking.celery_shop`, with a queue and times of the test's."""

import os

import django
from kombu import Queue

from config.celery import app

django.setup()

from tracking.postbacks.engines import background, celery  # noqa: E402 - Django is set up before models are imported

app.conf.task_default_queue = os.environ["QUEUE"]
app.conf.task_queues = [Queue(os.environ["QUEUE"], expires=600)]  # seconds; a shared RabbitMQ is left as it was
app.conf.beat_schedule["tracking"]["schedule"] = float(os.environ.get("BEAT_EVERY", "3600"))
background.QUIET = float(os.environ.get("QUIET", background.QUIET))  # type: ignore[misc]
celery.LONGEST_RUN = float(os.environ.get("LONGEST_RUN", celery.LONGEST_RUN))  # type: ignore[misc]
celery.TRY_AGAIN = float(os.environ.get("TRY_AGAIN", celery.TRY_AGAIN))  # type: ignore[misc]

__all__ = ["app"]
