"""A savepoint that takes no round trips of its own: in a checkout each costs as much as a statement that does work."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, transaction

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]

_SAVEPOINT: Final = "SAVEPOINT tracking"
_ABOUT_SAVEPOINT: Final = re.compile(r"(RELEASE |ROLLBACK TO )?SAVEPOINT (\S+)")


@contextmanager
def joined_savepoint() -> "Iterator[JoinedSavepoint]":
    """`transaction.atomic()`, whose savepoint PostgreSQL is told of together with the block's own statements.

    It is made with the first of them, and released with the one in `last_statement` of what is yielded, if there is
    one. Elsewhere, and where the driver sends only one statement at a time, it is as Django makes it.
    """
    savepoint = JoinedSavepoint()
    if not _can_join():
        with transaction.atomic():
            yield savepoint
        return
    with connection.execute_wrapper(savepoint.execute), transaction.atomic():
        yield savepoint


def _can_join() -> bool:
    """Tell whether there will be a savepoint on PostgreSQL, and a driver that takes several statements at once.

    psycopg 3 does, unless the server fills in the values; the older driver keeps nothing but the last one's result.
    Where Django logs queries it is to log those that are sent.
    """
    if connection.vendor != "postgresql" or not connection.in_atomic_block or connection.queries_logged:
        return False
    driver: Any = connection.connection
    return hasattr(driver, "pgconn") and hasattr(driver.cursor_factory, "mogrify")


def _is_sound() -> bool:
    """Tell whether the transaction takes statements."""
    driver: Any = connection.connection
    return bool(driver.info.transaction_status.name == "INTRANS")


class JoinedSavepoint:
    """Holds back what Django says about the savepoint until there is something to send it with.

    Django keeps its own books of the savepoint as ever, and all that goes by them, `on_commit` for one. What is sent
    calls it always the same, so that the driver knows statements again that it has taken apart before.
    """

    def __init__(self) -> None:
        self._name = ""
        self._exists = False
        self._ends_next = False

    @contextmanager
    def last_statement(self) -> Iterator[None]:
        """Execute in here what is the block's last statement, as a rule: the savepoint is released with it.

        One that follows all the same has the savepoint made anew, and is undone by itself.
        """
        self._ends_next = True
        try:
            yield
        finally:
            self._ends_next = False

    def execute(self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Wrap the execution of a statement, as `connection.execute_wrapper` asks."""
        if found := _ABOUT_SAVEPOINT.match(sql):
            verb, name = found.groups()
            if not verb and not self._name:
                self._name = name
                return None
            if name == self._name:  # there is none if nothing was executed in it, or the last statement has released it
                return execute(f"{verb}{_SAVEPOINT}", params, many, context) if self._exists else None
        if not self._name or (self._exists and not self._ends_next):
            return execute(sql, params, many, context)
        if many:  # what is joined to it is repeated with each set of values
            if not self._exists:
                execute(_SAVEPOINT, [()], many, context)
                self._exists = True
            return execute(sql, params, many, context)
        begin = "" if self._exists else f"{_SAVEPOINT}; "
        end = f"; RELEASE {_SAVEPOINT}" if self._ends_next else ""
        was_sound = _is_sound()
        try:
            result = execute(f"{begin}{sql}{end}", params, many, context)
        except Exception:
            # What the server refused has left the transaction in error, with the savepoint there to go back to.
            self._exists = self._exists or (was_sound and not _is_sound())
            raise
        self._exists = not self._ends_next
        if begin:
            context["cursor"].nextset()
        return result
