"""`reconcile_postbacks`: Aspire's export beside the log, and what is unconfirmed settled by it."""

from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError

from tracking.management.base import TrackingCommand, file_to_write, find_offer, one_line, wrong_usage
from tracking.reconciliation.columns import ColumnError, Role
from tracking.reconciliation.findings import Action, Finding, Kind
from tracking.reconciliation.reading import SEPARATORS, ReadError
from tracking.reconciliation.report import HEADER, cells
from tracking.reconciliation.running import OptionError, Options, Result, reconcile
from tracking.reports.periods import PeriodError
from tracking.reports.spreadsheets import line
from tracking.reports.wording import count, money

LABEL_WIDTH: Final = 34


class Command(TrackingCommand):
    """Exit 0 when the file was compared, whatever was found; 1 when it could not be read."""

    help = (
        "Compare the postback log with the CSV file that Aspire exports; with --apply settle unconfirmed postbacks by "
        "it: listed there means accepted, provably absent means sent again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is said about the columns once is remembered for files with the same header."""
        parser.add_argument("file", type=Path, metavar="FILE", help="Aspire's export, as CSV, unopened.")
        parser.add_argument("--apply", action="store_true", help="Settle unconfirmed postbacks; nothing else changes.")
        parser.add_argument(
            "--report", type=file_to_write, metavar="OUT.csv", help="Write every order to this file, as CSV."
        )
        for role in Role:
            parser.add_argument(
                role.option, metavar="NAME", help=f"The column with the {role.label.lower()}; '' for none."
            )
        parser.add_argument("--since", default="", metavar="DAY", help="Look for missing orders from this day on.")
        parser.add_argument("--until", default="", metavar="DAY", help="… and to this day's end.")
        parser.add_argument("--offer", metavar="OFFER_ID", help="Look for missing orders of this offer alone.")
        parser.add_argument(
            "--covers",
            nargs=2,
            metavar=("FROM", "TO"),
            help="You say that the file holds all that Aspire recorded in this time, unfiltered; with --offer also "
            "when it lists nothing of that offer.",
        )
        parser.add_argument(
            "--unfiltered",
            action="store_true",
            help="You say that the file was exported without a filter on status or affiliate.",
        )
        parser.add_argument("--timezone", default="", metavar="NAME", help="Of the file's dates, such as UTC.")
        parser.add_argument("--date-order", default="", choices=["mdy", "dmy"], help="How 04/05/2026 is to be read.")
        parser.add_argument("--encoding", default="", help="Found out unless given: utf-8, utf-16, cp1252 …")
        parser.add_argument("--separator", default="", help=f"Found out unless given: a character, or {_names()}.")

    def handle(self, *args: Any, file: Path, report: Path | None, **options: Any) -> None:
        """Compare, print, and apply if asked."""
        said = _options(options)
        if report and report.resolve() == file.resolve():
            raise wrong_usage("--report names Aspire's export itself, which would be overwritten: give another name.")
        try:
            with ExitStack() as stack:
                told = stack.enter_context(_Report(report)).add if report else None
                result = reconcile(
                    file,
                    said,
                    file_name=one_line(file.name),
                    by="the command line",
                    applies=options["apply"],
                    told=told,
                )
        except (ColumnError, OptionError, PeriodError) as error:
            raise wrong_usage(one_line(str(error))) from error
        except ReadError as error:
            raise CommandError(one_line(f"{file}: {error}")) from error
        self._tell(result, applies=options["apply"])
        if report:
            self.stdout.write(f"All orders: {report}")

    def _tell(self, result: Result, *, applies: bool) -> None:
        record, tally = result.reconciliation, result.tally
        self.stdout.write(
            f"{one_line(record.file_name)}: {count(record.rows, 'row')}, SHA-256 {record.sha256}.\n"
            f"Columns, {result.origin}: {_columns(result)}."
        )
        if result.origin == "guessed":
            self.stdout.write("If one is wrong, name it (--help says how): it is then remembered for such files.")
        for note in result.notes:
            self.stdout.write(note)
        self.stdout.write("")
        for kind in Kind:
            self._tell_kind(result, kind)
        self.stdout.write("")
        accept, again = tally.proposed[Action.ACCEPT], tally.proposed[Action.SEND_AGAIN]
        if applies:
            told = f"Marked as accepted: {record.accepted}; sent again: {record.sent_again}."
        else:
            told = f"Would mark as accepted: {accept}; would send again: {again}."
            told += " --apply does it." if accept or again else ""
        self.stdout.write(told)
        for why, number in tally.left.most_common():
            self.stdout.write(f"Left unconfirmed: {number}. {one_line(why)}")

    def _tell_kind(self, result: Result, kind: Kind) -> None:
        number = result.tally.counts[kind]
        if not number and kind is Kind.OPEN:
            return
        sums = ", ".join(
            money(amount, currency).strip() for currency, amount in sorted(result.tally.sums[kind].items())
        )
        self.stdout.write(f"{kind.label:<{LABEL_WIDTH}}{number:>8}  {sums}".rstrip())
        if kind is Kind.CONFIRMED:
            return
        for example in result.tally.examples[kind]:
            self.stdout.write(f"    {_example(example)}")


class _Report:
    """The full report, in place under its name only once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_name(f"{path.name}.part")

    def __enter__(self) -> "_Report":
        try:
            self._file = self._part.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{self._path} cannot be written: {error.strerror or error}.") from error
        self._file.write(line(HEADER))
        return self

    def add(self, finding: Finding) -> None:
        self._file.write(line(cells(finding)))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)


def _options(options: dict[str, Any]) -> Options:
    covers = options["covers"] or ("", "")
    offer = options["offer"]
    separator = options["separator"]
    separator = SEPARATORS.get(separator, separator)
    if len(separator) > 1:
        raise wrong_usage(f"--separator is {separator!r}: give one character, or {_names()}.")
    columns = {role.value: options[role.option.strip("-").replace("-", "_")] for role in Role}
    return Options(
        encoding=options["encoding"],
        separator=separator,
        columns={role: name for role, name in columns.items() if name is not None},
        time_zone=options["timezone"],
        date_order=options["date_order"],
        since=options["since"],
        until=options["until"],
        covers_from=covers[0],
        covers_to=covers[1],
        offer_id=find_offer(offer).offer_id if offer else "",
        is_unfiltered=options["unfiltered"],
    )


def _names() -> str:
    return ", ".join(SEPARATORS)


def _columns(result: Result) -> str:
    names = result.columns.names
    found = [f"{role.label.lower()} “{one_line(names[role])}”" for role in Role if role in names]
    missing = [role.label.lower() for role in Role if role not in names]
    return ", ".join(found) + (f"; none for {', '.join(missing)}" if missing else "")


def _example(finding: Finding) -> str:
    row = f"row {finding.rows[0]}" if finding.rows else ""
    parts = (f"order {finding.order_id}", row, money(finding.money, finding.currency).strip(), finding.remark)
    return one_line(", ".join(filter(None, parts)))
