"""Rival: a procrastinate job for each postback. procrastinate looks for its tasks in modules of this name."""

from procrastinate.contrib.django import app

from tests.benchmarks.rivals import work


@app.task(name="deliver")
def deliver(postback_id: int) -> None:
    """Deliver one postback."""
    work.deliver(postback_id)
