"""How what runs beside an order may fail: ours, or a receiver of the shop's."""

from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction


def fail(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError("on purpose")


def fail_in_the_database(*_args: Any, **_kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def fail_in_the_database_and_hide_it(*_args: Any, **_kwargs: Any) -> None:
    try:
        fail_in_the_database()
    except DatabaseError:
        return


def fail_with_another_error_after_the_database(*_args: Any, **_kwargs: Any) -> None:
    try:
        fail_in_the_database()
    except DatabaseError as error:
        raise RuntimeError("wrapped") from error


def violate_a_constraint(*_args: Any, **_kwargs: Any) -> None:
    User.objects.bulk_create([User(username="twin"), User(username="twin")])


def mark_for_rollback(*_args: Any, **_kwargs: Any) -> None:
    transaction.set_rollback(True)


FAILURES = [
    fail,
    fail_in_the_database,
    fail_in_the_database_and_hide_it,
    fail_with_another_error_after_the_database,
    violate_a_constraint,
    mark_for_rollback,
]
