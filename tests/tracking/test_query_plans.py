"""Claiming costs the same however long the log: the plan on the database in use, and the rows that it reads."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db

DUE: Final = 50
FEW: Final = 500
DOUBLINGS: Final = 5  # so that there are 32 times as many
CLAIMED: Final = 8
SETTLED: Final = {"status": "accepted", "verdict": "accepted", "settled_at": timezone.now(), "attempts_made": 1}

Act = Callable[[Offer], object]


def claim(_offer: Offer) -> object:
    return outbox.claim(CLAIMED, now=timezone.now())


def claim_of_one_offer(offer: Offer) -> object:
    return outbox.claim(CLAIMED, now=timezone.now(), offers=[offer.pk])


def claim_when_nothing_is_due(_offer: Offer) -> object:
    return outbox.claim(CLAIMED, now=timezone.now() - timedelta(days=7))


def look_for_expired_leases(_offer: Offer) -> object:
    return outbox.expired(now=timezone.now())


def look_for_the_next_due_row(_offer: Offer) -> object:
    return outbox.next_due_at()


INDEXES: Final = {
    claim_of_one_offer: "tracking_postback_offer_due",
    look_for_expired_leases: "tracking_postback_leased",
}
ACTS: Final = [claim, claim_of_one_offer, claim_when_nothing_is_due, look_for_expired_leases, look_for_the_next_due_row]


@pytest.fixture
def offer() -> Offer:
    """With rows due, as many being sent, and the beginning of a log."""
    offer: Offer = OfferFactory()
    add(offer, DUE, due_at=timezone.now() - timedelta(minutes=5))
    lease = {"claim_token": "1" * 32, "lease_expires_at": timezone.now() - timedelta(minutes=1)}
    add(offer, DUE, status="sending", **lease)
    add(offer, FEW, **SETTLED)
    note_sizes()
    return offer


def add(offer: Offer, count: int, **values: Any) -> None:
    conversions = Conversion.objects.bulk_create(ConversionFactory.build(offer=offer) for _ in range(count))
    if not connection.features.can_return_rows_from_bulk_insert:
        conversions = list(Conversion.objects.order_by("-pk")[:count])
    Postback.objects.bulk_create(
        PostbackFactory.build(conversion=each, offer=offer, **{"due_at": None, **values}) for each in conversions
    )


def lengthen_the_log(offer: Offer) -> None:
    """Add settled rows, copied inside the database, twice as many each time."""
    columns = [field.column for field in Conversion._meta.concrete_fields if not field.primary_key]
    for number in range(DOUBLINGS):
        copied = "CONCAT('{}-', order_id)" if connection.vendor == "mysql" else "'{}-' || order_id"
        values = [copied.format(number) if column == "order_id" else column for column in columns]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO tracking_conversion ({', '.join(columns)}) "
                f"SELECT {', '.join(values)} FROM tracking_conversion"
            )
    settled = Postback(offer=offer, amount=Decimal("49.99"), created_at=timezone.now(), **SETTLED)
    fields = [field for field in Postback._meta.concrete_fields if not field.primary_key and field.name != "conversion"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tracking_postback (conversion_id, {', '.join(field.column for field in fields)}) "
            f"SELECT id, {', '.join(['%s'] * len(fields))} FROM tracking_conversion "
            "WHERE id NOT IN (SELECT conversion_id FROM tracking_postback)",
            [field.get_db_prep_save(getattr(settled, field.attname), connection) for field in fields],
        )
    assert Postback.objects.count() == (2 * DUE + FEW) * 2**DOUBLINGS
    note_sizes()


def note_sizes() -> None:
    """Let the planner know how many rows there are; MySQL's would commit, and counts by itself."""
    if connection.vendor != "mysql":
        with connection.cursor() as cursor:
            for model in (Conversion, Postback):
                cursor.execute(f"ANALYZE {model._meta.db_table}")


def statements_of(act: Act, offer: Offer) -> list[tuple[str, Any]]:
    """What an act asks of the database, its parameters apart; nothing of it stays."""
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            act(offer)
        transaction.set_rollback(True)
    return [(sql, params) for sql, params in found if sql.lstrip().startswith(("SELECT", "UPDATE", "WITH"))]


# The plan -----------------------------------------------------------------------------------------------------------


def explain(act: Act, offer: Offer) -> str:
    """The database's plan for the statement that finds the rows, as the database prints it."""
    sql, params = statements_of(act, offer)[0]
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return "\n".join(" ".join(str(column) for column in row) for row in cursor.fetchall())


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's plan")
@pytest.mark.parametrize(
    ("act", "index"),
    [(act, INDEXES.get(act, "tracking_postback_due")) for act in ACTS],
)
def test_on_postgresql_it_finds_its_rows_by_the_partial_index(offer: Offer, act: Act, index: str) -> None:
    """As in: Index Scan using tracking_postback_due on tracking_postback, Index Cond: (due_at <= …)."""
    lengthen_the_log(offer)

    plan = explain(act, offer)

    assert f"using {index} on tracking_postback" in plan
    assert "Seq Scan on tracking_postback" not in plan


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's plan")
@pytest.mark.parametrize(("flag", "index"), [("is_renewal", "renewals"), ("is_test", "tests")])
def test_on_postgresql_the_admin_finds_the_few_among_many_orders(offer: Offer, flag: str, index: str) -> None:
    lengthen_the_log(offer)

    plan = explain(lambda _offer: list(Conversion.objects.filter(**{flag: True}).order_by("-id")[:100]), offer)

    assert f"tracking_conv_{index} on tracking_conversion" in plan
    assert "Seq Scan on tracking_conversion" not in plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's plan")
@pytest.mark.parametrize(
    ("act", "index"),
    [
        (claim, "due"),
        (claim_of_one_offer, "offer_due"),
        (claim_when_nothing_is_due, "due"),
        # Which of those that serve is its own choice here: by either one it reads what it needs and nothing else.
        (look_for_expired_leases, "status|leased"),
        (look_for_the_next_due_row, "status|due|offer_due"),
    ],
)
def test_on_sqlite_it_finds_its_rows_by_an_index_and_sorts_none(offer: Offer, act: Act, index: str) -> None:
    """As in: SEARCH tracking_postback USING INDEX tracking_postback_due (due_at<?): the partial one for what is due."""
    lengthen_the_log(offer)

    plan = explain(act, offer)

    assert re.search(
        rf"SEARCH tracking_postback USING (COVERING )?INDEX tracking_postback_({index}) \(.*[<>]\?\)", plan
    )
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.skipif(connection.vendor != "mysql", reason="The plan of MySQL and MariaDB")
@pytest.mark.parametrize("act", ACTS)
def test_on_mysql_it_finds_its_rows_by_an_index(offer: Offer, act: Act) -> None:
    """As in: ref tracking_postback_status. It has no partial indexes: this one begins with the status."""
    lengthen_the_log(offer)

    [line] = [line for line in explain(act, offer).splitlines() if " tracking_postback " in line]

    assert re.search(
        r" tracking_postback(?: None)? (ref|range)(\|filter)? .*\btracking_postback_(status|due|offer_due|leased)\b",
        line,
    )


# The cost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
def test_it_reads_no_more_when_the_log_has_grown(offer: Offer, act: Act) -> None:
    """A plan may look at every row that is not settled; each settled one that it looked at would show 17,000 times."""
    before = work_of(act, offer)

    lengthen_the_log(offer)

    assert work_of(act, offer) <= 1.2 * max(before, DUE)


@pytest.mark.parametrize("act", [claim, claim_of_one_offer, claim_when_nothing_is_due])
def test_it_reads_no_more_after_an_outage_of_days(offer: Offer, act: Act) -> None:
    before = work_of(act, offer)

    add(offer, 20 * DUE, due_at=timezone.now() - timedelta(minutes=4))
    note_sizes()

    assert work_of(act, offer) <= 1.2 * before


def work_of(act: Act, offer: Offer) -> int:
    """What the database itself counts: rows read on PostgreSQL and MySQL, steps of its virtual machine on SQLite."""
    count = {"sqlite": _steps, "postgresql": _rows_on_postgresql, "mysql": _rows_on_mysql}[connection.vendor]
    return count(act, offer)


def _steps(act: Act, offer: Offer) -> int:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with transaction.atomic():
        connection.connection.set_progress_handler(step, 1)
        act(offer)
        connection.connection.set_progress_handler(None, 1)
        transaction.set_rollback(True)
    return steps


def _rows_on_mysql(act: Act, offer: Offer) -> int:
    def handlers() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            return sum(int(value) for _name, value in cursor.fetchall())

    with transaction.atomic():
        before = handlers()
        act(offer)
        read = handlers() - before
        transaction.set_rollback(True)
    return read


def _rows_on_postgresql(act: Act, offer: Offer) -> int:
    return sum(_rows_of(sql, params) for sql, params in statements_of(act, offer))


def _rows_of(sql: str, params: Any) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            found = cursor.fetchone()[0]
        transaction.set_rollback(True)
    return _rows_below((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])


def _rows_below(node: dict[str, Any]) -> int:
    """Rows of the log that a node of EXPLAIN ANALYZE and those below it read, those thrown away among them."""
    below = sum(_rows_below(each) for each in node.get("Plans", []))
    if node.get("Relation Name") != "tracking_postback" or node["Node Type"] == "ModifyTable":
        return below
    each_time = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return below + round(each_time * node["Actual Loops"])
