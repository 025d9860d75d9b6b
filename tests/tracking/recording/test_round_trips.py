"""On PostgreSQL the savepoint around recording travels with the statements in it, and protects the order as ever."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest

from tests.factories import visit_from
from tests.tracking.recording.failures import fail, fail_in_the_database, violate_a_constraint
from tests.tracking.recording.steps import refund, send
from tracking.attribution import remember
from tracking.models import Conversion, Offer, OrderDetails, Postback, RememberedClick
from tracking.models.savepoints import joined_savepoint
from tracking.shield import shielded

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="how PostgreSQL saves round trips"),
]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that went to the driver: each is a round trip."""
    statements: list[str] = []
    execute = CursorWrapper._execute

    def note(self: Any, sql: str, *args: Any) -> Any:
        statements.append(sql)
        return execute(self, sql, *args)

    monkeypatch.setattr(CursorWrapper, "_execute", note)
    return statements


@pytest.fixture
def names() -> Callable[[], list[str]]:
    """Who was saved, in the order of their names."""
    return lambda: sorted(User.objects.values_list("username", flat=True))


def spends(statements: list[str]) -> list[str]:
    """The first word of each statement that a round trip carries, joined."""
    return ["; ".join(part.split()[0] for part in sql.split("; ")) for sql in statements]


def test_a_credited_order_takes_two_round_trips(offer: Offer, sent: list[str]) -> None:
    with transaction.atomic():
        send(request=visit_from("77"))
    assert spends(sent) == ["SAVEPOINT; SELECT", "WITH; RELEASE"]
    assert Postback.objects.get().conversion.outcome == "credited"


def test_remembering_a_click_takes_one_round_trip(sent: list[str]) -> None:
    with transaction.atomic():
        remember(visit_from("77"), "1001")
    assert spends(sent) == ["SAVEPOINT; INSERT; RELEASE"]
    assert RememberedClick.objects.get().affiliate_id == "77"


def test_a_statement_after_the_last_has_a_savepoint_of_its_own(sent: list[str]) -> None:
    remember(HttpRequest(), "1001")
    sent.clear()
    with transaction.atomic():
        remember(visit_from("77"), "1001")
    assert spends(sent) == ["SAVEPOINT; INSERT; RELEASE", "SAVEPOINT; SELECT", "UPDATE", "RELEASE"]
    assert RememberedClick.objects.get().affiliate_id == "77"


def test_an_order_outside_a_transaction_has_no_savepoint(offer: Offer, sent: list[str]) -> None:
    send(request=visit_from("77"))
    assert spends(sent) == ["SELECT", "WITH"]
    assert Postback.objects.exists()


def test_what_may_fail_after_the_record_is_protected_too(offer: Offer, sent: list[str]) -> None:
    Offer.objects.update(sends_order_details=True)
    sent.clear()
    with transaction.atomic():
        send(request=visit_from("77"))
    assert spends(sent) == ["SAVEPOINT; SELECT", "WITH", "INSERT", "RELEASE"]
    assert OrderDetails.objects.exists()


def test_an_order_that_came_back_before_is_lowered_within_the_savepoint(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund(Decimal(20))
    monkeypatch.setattr("tracking.conversions.refunding.apply_early", fail_in_the_database)
    with transaction.atomic():
        send(request=visit_from("77"))
        User.objects.create(username="after")
    assert User.objects.exists()
    assert not Conversion.objects.exists()


@pytest.mark.parametrize("failure", [fail, fail_in_the_database, violate_a_constraint])
@pytest.mark.parametrize("is_first", [True, False])
def test_what_fails_is_undone_alone(
    names: Callable[[], list[str]], failure: Callable[[], None], is_first: bool
) -> None:
    with transaction.atomic():
        User.objects.create(username="before")
        with shielded("Trying", "it"), joined_savepoint():
            if not is_first:
                User.objects.create(username="within")
            failure()
        User.objects.create(username="later")
    assert names() == ["before", "later"]


def test_what_the_driver_refuses_to_send_leaves_no_savepoint_to_go_back_to(names: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        with shielded("Trying", "it"), joined_savepoint(), connection.cursor() as cursor:
            cursor.execute("SELECT %s", [object()])
        User.objects.create(username="later")
    assert names() == ["later"]


def test_a_last_statement_that_fails_is_undone(names: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        with shielded("Trying", "it"), joined_savepoint() as savepoint:
            User.objects.create(username="within")
            with savepoint.last_statement():
                violate_a_constraint()
        User.objects.create(username="later")
    assert names() == ["later"]


def test_what_fails_after_the_last_statement_spoils_nothing(names: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        with shielded("Trying", "it"), joined_savepoint() as savepoint:
            with savepoint.last_statement():
                User.objects.create(username="within")
            fail_in_the_database()
        User.objects.create(username="later")
    assert names() == ["later", "within"]


def test_a_block_that_executes_nothing_sends_nothing(sent: list[str]) -> None:
    with transaction.atomic(), joined_savepoint():
        pass
    assert sent == []


def test_savepoints_within_are_kept_apart(names: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        with joined_savepoint():
            with shielded("Trying", "it"), transaction.atomic():
                fail_in_the_database()
            User.objects.create(username="within")
        User.objects.create(username="later")
    assert names() == ["later", "within"]


def test_a_statement_for_many_values_is_undone_as_a_whole(offer: Offer) -> None:
    with transaction.atomic():
        with shielded("Trying", "it"), joined_savepoint(), connection.cursor() as cursor:
            cursor.executemany("UPDATE tracking_offer SET name = %s", [["a"], ["b"]])
            cursor.execute("SELECT * FROM no_such_table")
        assert not Offer.objects.filter(name="b").exists()


def test_what_was_to_follow_the_commit_is_forgotten_with_what_is_undone() -> None:
    called: list[str] = []
    with transaction.atomic():
        with shielded("Trying", "it"), joined_savepoint():
            transaction.on_commit(lambda: called.append("undone"))
            fail_in_the_database()
        transaction.on_commit(lambda: called.append("kept"))
    assert called == ["kept"]


def test_a_connection_that_breaks_within_is_told(names: Callable[[], list[str]]) -> None:
    def place_order() -> None:
        with transaction.atomic():
            User.objects.create(username="before")
            with shielded("Trying", "it"), joined_savepoint(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseError, match="terminat"):
        place_order()
    assert names() == []


def test_a_server_that_fills_in_the_values_is_sent_one_statement_at_a_time(offer: Offer, sent: list[str]) -> None:
    kept, other = connections["default"], connection.copy()
    other.settings_dict["OPTIONS"] = {**other.settings_dict["OPTIONS"], "server_side_binding": True}
    connections["default"] = other
    try:
        with transaction.atomic():
            send(request=visit_from("77"))
    finally:
        connections["default"] = kept
        other.close()
    assert spends(sent) == ["SAVEPOINT", "SELECT", "WITH", "RELEASE"]
    assert Postback.objects.get().conversion.outcome == "credited"
