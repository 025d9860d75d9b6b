"""The task of the rival Celery app."""

from tests.benchmarks.rivals import work
from tests.benchmarks.rivals.celery_app import app


@app.task(name="deliver")
def deliver(postback_id: int) -> None:
    """Deliver one postback."""
    work.deliver(postback_id)
