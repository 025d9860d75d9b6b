"""Keeps the shop unharmed: what tracking does inside a checkout may fail, the checkout may not."""

import logging
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

logger = logging.getLogger(__name__)

_short = reprlib.Repr()  # of whatever the shop handed over: short, and it never raises
_short.maxstring = _short.maxother = 140


@contextmanager
def shielded(doing: str, about: object) -> Iterator[None]:
    """Log whatever the block raises, as "`doing` `about` failed", and go on after it.

    Use it as `with shielded(…), transaction.atomic():`. Without the savepoint a database error, even one that is
    caught, would spoil the shop's transaction. The savepoint is not made in here, because with the database away making
    it raises, and a context manager that fails to start cannot skip its block.

    Raises what it caught when the shop's own transaction is lost with it (the connection broke): silence would let the
    shop believe that it had saved its order.
    """
    was_lost = connection.needs_rollback
    try:
        yield
    except Exception:  # the one place where everything is caught: an order is worth more than its record
        if connection.in_atomic_block and connection.needs_rollback and not was_lost:
            logger.exception("%s %s failed, and the transaction around it is lost.", doing, _short.repr(about))
            raise
        logger.exception("%s %s failed; the order itself is unharmed.", doing, _short.repr(about))
