"""Rival: a task of Django's Tasks framework for each postback, kept in the database by django-tasks-db."""

from importlib.util import find_spec

from tests.benchmarks.rivals import work

if find_spec("django.tasks"):
    from django.tasks import task
else:  # before Django 6.0
    from django_tasks import task


@task()
def deliver(postback_id: int) -> None:
    """Deliver one postback."""
    work.deliver(postback_id)
