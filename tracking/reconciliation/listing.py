"""What the export lists, kept in a temporary file and not in memory, by order id, however long the export is."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

from tracking.reconciliation.columns import Columns, Role
from tracking.reconciliation.reading import Export, ReadError, Row
from tracking.reconciliation.values import (
    DateOrder,
    Moment,
    Standing,
    is_mangled,
    loosely,
    needs_order,
    order_of,
    read_amount,
    read_id,
    read_moment,
    read_status,
)

MOST_LINES: Final = 50  # of one order that are looked at one by one; more are only counted
_BATCH: Final = 1000

_SCHEMA: Final = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192; PRAGMA temp_store = FILE;
CREATE TABLE line (
    row INTEGER PRIMARY KEY, order_id TEXT, loose TEXT, amount TEXT, standing TEXT, status TEXT, recorded TEXT,
    earliest REAL, latest REAL, affiliate_id TEXT, offer_id TEXT, transaction_id TEXT
);
"""
_INDEXES: Final = """
CREATE INDEX by_order ON line (order_id, row);
CREATE INDEX by_loose ON line (loose);
CREATE INDEX by_transaction ON line (transaction_id);
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the export."""

    row: int
    amount: Decimal | None
    standing: Standing
    status: str
    recorded: str
    moment: Moment | None
    affiliate_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """All rows of one order id, the first ones as they are."""

    order_id: str
    lines: tuple[Line, ...]
    rows: int

    def of(self, standing: Standing) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.standing is standing)


@dataclass(slots=True)
class Survey:
    """What the file as a whole is like: it decides what the absence of an order can prove."""

    rows: int = 0
    without_order_id: int = 0
    mangled: int = 0
    unreadable_dates: int = 0
    standings: set[Standing] = field(default_factory=set)
    """What the statuses say."""
    has_statuses: bool = False
    has_dates: bool = False
    is_in_order_of_time: bool = False
    ends_whole: bool = True
    date_order: DateOrder = DateOrder.UNKNOWN


class Listing:
    """The export's rows by order id. A context manager: the temporary file goes with it."""

    def __init__(self) -> None:
        self.survey = Survey()
        self._folder = TemporaryDirectory(prefix="tracking-", ignore_cleanup_errors=True)
        self._store = sqlite3.connect(Path(self._folder.name) / "listing.sqlite3", isolation_level=None)
        self._store.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(sqlite3.Error):
            self._store.close()
        self._folder.cleanup()

    # Filling ------------------------------------------------------------------------------------------------

    def load(self, export: Export, columns: Columns, *, zone: tzinfo | None, date_order: DateOrder) -> None:
        """Read the whole file. Raises ReadError for the first cell that makes no sense; then nothing is to be used."""
        places = columns.places(export.header)
        survey = self.survey
        survey.has_statuses, survey.has_dates = Role.STATUS in places, Role.DATE in places
        survey.ends_whole = export.ends_whole
        evidence: set[DateOrder] = set()
        self._store.execute("BEGIN")
        for batch in _batches(self._read(row, places, export.header, evidence) for row in export.rows()):
            self._store.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?)", batch)
        survey.date_order = date_order or (evidence.pop() if len(evidence) == 1 else DateOrder.UNKNOWN)
        if survey.has_dates:
            self._date(zone, columns.names[Role.DATE])
        self._store.execute("COMMIT")
        self._store.executescript(_INDEXES)

    def _read(
        self, row: Row, places: dict[Role, int], header: tuple[str, ...], evidence: set[DateOrder]
    ) -> tuple[Any, ...]:
        def cell(role: Role) -> str:
            return row.cells[places[role]].strip() if role in places else ""

        raw_id = cell(Role.ORDER_ID)
        order_id, status, recorded = read_id(raw_id), cell(Role.STATUS), cell(Role.DATE)
        try:
            amount = read_amount(cell(Role.AMOUNT))
        except ValueError as error:
            raise ReadError(f"{error}.", row=row.number, column=header[places[Role.AMOUNT]]) from None
        told = read_status(status)
        # A row that takes money back is no second sale; nor does it show that the file lists rejected sales.
        standing = Standing.REJECTED if amount is not None and amount < 0 else told
        survey = self.survey
        survey.rows += 1
        survey.without_order_id += not order_id
        survey.mangled += is_mangled(order_id)
        survey.standings.add(told)
        if recorded[4:5] != "-" and (shown := order_of(recorded)):
            evidence.add(shown)
        ids = (read_id(cell(role)) for role in (Role.AFFILIATE_ID, Role.OFFER_ID, Role.TRANSACTION_ID))
        amount_text = None if amount is None else str(amount)
        return row.number, order_id, loosely(order_id), amount_text, standing.value, status, recorded, *ids

    def _date(self, zone: tzinfo | None, heading: str) -> None:
        """Read the dates, once it is known how the file writes them."""
        order = self.survey.date_order
        read = lru_cache(maxsize=10_000)(lambda text: read_moment(text, order=order, zone=zone))
        last_row, previous, rises, falls = 0, float("-inf"), True, True
        previous_fall = float("inf")
        while page := self._store.execute(
            "SELECT row, recorded FROM line WHERE row > ? ORDER BY row LIMIT ?", (last_row, _BATCH)
        ).fetchall():
            updates = []
            for row, text in page:
                try:
                    moment = read(text)
                except ValueError as error:
                    raise ReadError(f"{error}.", row=row, column=heading) from None
                if moment is None:
                    self.survey.unreadable_dates += bool(text) and needs_order(text)
                    continue
                at = moment.earliest.timestamp()
                rises, falls = rises and at >= previous, falls and at <= previous_fall
                previous = previous_fall = at
                updates.append((at, moment.latest.timestamp(), row))
            self._store.executemany("UPDATE line SET earliest = ?, latest = ? WHERE row = ?", updates)
            last_row = page[-1][0]
        self.survey.is_in_order_of_time = rises or falls

    # Asking -------------------------------------------------------------------------------------------------

    def orders(self) -> Iterator[Listed]:
        """The rows, order by order; those without an order id are left out."""
        found = self._store.execute(
            "SELECT order_id, row, amount, standing, status, recorded, earliest, latest, affiliate_id, offer_id "
            "FROM line WHERE order_id <> '' ORDER BY order_id, row"
        )
        for order_id, rows in groupby(found, key=lambda row: row[0]):
            lines = tuple(_line(row) for row in islice(rows, MOST_LINES))
            yield Listed(order_id, lines, len(lines) + sum(1 for _ in rows))

    def lists(self, order_ids: Collection[str]) -> set[str]:
        """Those of the ids that the export lists."""
        return {order_id for (order_id,) in self._among("order_id", "order_id", order_ids)}

    def lists_like(self, order_id: str) -> str:
        """An id in the export that may be this one, retyped; empty if there is none."""
        return next((other for (other,) in self._among("order_id", "loose", [loosely(order_id)])), "")

    def lists_transaction(self, transaction_id: str) -> bool:
        return bool(transaction_id) and bool(list(self._among("row", "transaction_id", [transaction_id])))

    def _among(self, wanted: str, column: str, values: Collection[str]) -> Iterable[Any]:
        marks = ", ".join("?" * len(values))
        return self._store.execute(
            f"SELECT {wanted} FROM line WHERE {column} IN ({marks})",  # noqa: S608 - our own column names
            tuple(values),
        )


def _line(row: tuple[Any, ...]) -> Line:
    _, number, amount, standing, status, recorded, earliest, latest, affiliate_id, offer_id = row
    moment = None
    if earliest is not None:
        moment = Moment(datetime.fromtimestamp(earliest, UTC), datetime.fromtimestamp(latest, UTC))
    return Line(
        row=number,
        amount=None if amount is None else Decimal(amount),
        standing=Standing(standing),
        status=status,
        recorded=recorded,
        moment=moment,
        affiliate_id=affiliate_id,
        offer_id=offer_id,
    )


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
