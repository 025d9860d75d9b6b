"""Running a reconciliation from the file to the report: for the command and the admin alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.utils import timezone

from tracking.models import ExportColumns, Reconciliation
from tracking.postbacks import engines
from tracking.reconciliation.alone import alone
from tracking.reconciliation.applying import BATCH, apply
from tracking.reconciliation.columns import Columns, Role, choose, fingerprint, guess
from tracking.reconciliation.comparing import Comparison, Terms
from tracking.reconciliation.coverage import Coverage, Stated
from tracking.reconciliation.findings import Action, Finding, Tally
from tracking.reconciliation.listing import Listing, Survey
from tracking.reconciliation.reading import Export, ReadError, open_export
from tracking.reconciliation.values import DateOrder
from tracking.reports.periods import period
from tracking.reports.wording import count

Told = Callable[[Finding], None]

_LEFT_REASONS: Final = 20  # that the history keeps


class OptionError(ValueError):
    """What a person said about the file cannot be; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person says about a file. Days and times as text, in `time_zone` where they have no offset."""

    encoding: str = ""
    separator: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    """By role; an empty name says that there is no such column."""
    time_zone: str = ""
    """Of the file's dates; empty: not known."""
    date_order: str = ""
    since: str = ""
    until: str = ""
    covers_from: str = ""
    covers_to: str = ""
    offer_id: str = ""
    is_unfiltered: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Options as `Reconciliation.options` keeps them."""
        return cls(**stored)

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of the file's dates. Raises OptionError or PeriodError."""
        if not self.time_zone:
            return None
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            raise OptionError(
                f"There is no time zone “{self.time_zone}”: give one such as UTC or Europe/Paris."
            ) from None

    def said(self) -> dict[Role, str]:
        return {Role(role): name for role, name in self.columns.items()}

    def terms(self) -> Terms:
        """Raises OptionError or PeriodError."""
        since, until = period(self.since, self.until, self.zone)
        return Terms(since=since, until=until, offer_id=self.offer_id)

    def stated(self, *, now: datetime, known_since: datetime | None) -> Stated | None:
        """What a person states the file to cover. Raises OptionError or PeriodError.

        `known_since` is when this very file was first looked at: it cannot know of anything later.
        """
        first, last = period(self.covers_from, self.covers_to, self.zone)
        if first is None or last is None:
            return None
        if last > now:
            raise OptionError(
                f"The time that the file is said to hold (--covers) ends {self.covers_to}, which is not over: give a "
                "day before today, or the time when the file was exported."
            )
        if known_since:
            last = min(last, known_since)
        return Stated(first, last, frozenset({self.offer_id} if self.offer_id else ()))


@dataclass(slots=True)
class Result:
    """What a reconciliation came to."""

    reconciliation: Reconciliation
    tally: Tally
    survey: Survey
    columns: Columns
    header: tuple[str, ...]
    origin: str
    """How the columns were found: "said", "remembered" or "guessed"."""
    notes: list[str]


# Which column is which --------------------------------------------------------------------------------------


def remembered(header: tuple[str, ...]) -> ExportColumns | None:
    """What somebody said about a file with this header."""
    return ExportColumns.objects.filter(fingerprint=fingerprint(header)).first()


def remember(header: tuple[str, ...], columns: Columns, options: Options, *, by: str) -> None:
    """Keep what was said for the next file with this header."""
    ExportColumns.objects.update_or_create(
        fingerprint=fingerprint(header),
        defaults={
            "header": list(header),
            "columns": {role.value: columns.names.get(role, "") for role in Role},
            "date_order": options.date_order,
            "time_zone": options.time_zone,
            "saved_by": by,
            "saved_at": timezone.now(),
        },
    )


def with_memory(export: Export, options: Options) -> tuple[Columns, Options, str]:
    """The columns to read by, the options with what was remembered, and where the columns come from."""
    kept = remembered(export.header)
    names = {Role(role): name for role, name in kept.columns.items() if name} if kept else None
    columns = choose(export.header, said=options.said(), remembered=names)
    if kept:
        values = asdict(options)
        values["time_zone"] = options.time_zone or kept.time_zone
        values["date_order"] = options.date_order or kept.date_order
        options = Options.of(values)
    return columns, options, "said" if options.columns else "remembered" if kept else "guessed"


def suggested(export: Export) -> dict[Role, str]:
    """The columns to offer to a person: as remembered, or guessed."""
    kept = remembered(export.header)
    return {Role(role): name for role, name in kept.columns.items()} if kept else dict(guess(export.header).names)


# The run ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read to its end without fault, and the comparison that can begin."""

    export: Export
    survey: Survey
    columns: Columns
    options: Options
    origin: str
    comparison: Comparison


@contextmanager
def prepared(path: Path, options: Options) -> Iterator[Prepared]:
    """Read a file. Raises ReadError, ColumnError, OptionError and PeriodError; writes nothing."""
    export = open_for(path, options)
    columns, options, origin = with_memory(export, options)
    terms = options.terms()
    stated = options.stated(now=timezone.now(), known_since=_first_seen(export.sha256))
    with Listing() as listing:
        listing.load(export, columns, zone=options.zone, date_order=DateOrder(options.date_order))
        if listing.survey.rows == 0 and not (stated and stated.offers):
            raise ReadError(
                "The file has a header and no rows. If that is right, say from when to when it holds all "
                "(--covers FROM TO) and for which offer (--offer ID)."
            )
        coverage = Coverage(stated=stated, is_unfiltered=options.is_unfiltered)
        comparison = Comparison(listing, coverage, terms)
        yield Prepared(export, listing.survey, columns, options, origin, comparison)


def reconcile(
    path: Path,
    options: Options,
    *,
    file_name: str,
    by: str,
    applies: bool = False,
    told: Told | None = None,
    again: Reconciliation | None = None,
) -> Result:
    """Compare a file with the log, and with `applies` settle unconfirmed postbacks by it.

    `told` gets every finding. `again` is a comparison of the same file, to be done anew or applied, by one at a time.
    Raises BusyError, and what `prepared` does, before anything is written.
    """
    with alone(again) if again else nullcontext(), prepared(path, options) as ready:
        if again and again.sha256 != ready.export.sha256:
            raise ReadError("The file is not the one that was compared: upload it again.")
        header = ready.export.header
        if options.columns or (options.time_zone and ready.origin != "remembered"):
            remember(header, ready.columns, ready.options, by=by)
        record = again or Reconciliation(
            file_name=file_name[-255:], sha256=ready.export.sha256, started_at=timezone.now()
        )
        record.run_by, record.rows = by, ready.survey.rows
        columns = {role.value: ready.columns.names.get(role, "") for role in Role}
        record.options = asdict(ready.options) | {"columns": columns}
        record.save(update_fields=["run_by", "rows", "options"] if again else None)
        tally = _work_through(ready.comparison.findings(), record, applies=applies, told=told)
        notes = _notes(ready.survey, ready.comparison)
        _write_down(record, tally, notes, applies=applies)
    if record.sent_again and applies:
        engines.kick()
    return Result(record, tally, ready.survey, ready.columns, header, ready.origin, notes)


def _write_down(record: Reconciliation, tally: Tally, notes: list[str], *, applies: bool) -> None:
    """Keep what was found. How many were settled is in the database already, counted with each batch."""
    names = ["findings", "left", "notes", "to_accept", "to_send_again"]
    record.findings, record.left, record.notes = tally.as_json(), dict(tally.left.most_common(_LEFT_REASONS)), notes
    record.to_accept, record.to_send_again = tally.proposed[Action.ACCEPT], tally.proposed[Action.SEND_AGAIN]
    if applies:
        record.applied_at = timezone.now()
        names.append("applied_at")
    record.save(update_fields=names)
    record.refresh_from_db(fields=["accepted", "sent_again"])


def open_for(path: Path, options: Options) -> Export:
    """Open a file as the options say. Raises ReadError."""
    return open_export(path, encoding=options.encoding, separator=options.separator)


def _work_through(findings: Iterator[Finding], record: Reconciliation, *, applies: bool, told: Told | None) -> Tally:
    tally, batch = Tally(), list[Finding]()

    for finding in findings:
        tally.add(finding)
        if told:
            told(finding)
        if applies and finding.action:
            batch.append(finding)
            if len(batch) >= BATCH:
                apply(batch, record)
                batch.clear()
    if batch:
        apply(batch, record)
    return tally


def _first_seen(sha256: str) -> datetime | None:
    first = Reconciliation.objects.filter(sha256=sha256).order_by("started_at").first()
    return first.started_at if first else None


def _notes(survey: Survey, comparison: Comparison) -> list[str]:
    ambiguous, wrong = survey.unreadable_dates, comparison.contradictions
    told = {
        f"{count(survey.without_order_id, 'row')} without an order id left out.": survey.without_order_id,
        f"{count(comparison.tests_left_out, 'test order')} left out.": comparison.tests_left_out,
        f"{count(survey.mangled, 'order id')} turned into a number by a spreadsheet.": survey.mangled,
        f"{count(ambiguous, 'date')} can be read as month first or day first: say which (--date-order).": ambiguous,
        f"{count(wrong, 'date')} cannot be when the order was reported, so the file's dates count for nothing: name "
        "another column, or the right time zone (--timezone).": wrong,
    }
    return [text for text, number in told.items() if number]
