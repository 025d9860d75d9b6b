"""`export_conversions`: the ledger of a period as CSV, the same file as from the admin."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from tracking.management.base import TrackingCommand, file_to_write, find_offer, one_line, wrong_usage
from tracking.models import Conversion, Postback
from tracking.reports.ledger import Wanted, ledger
from tracking.reports.periods import PeriodError, period


class Command(TrackingCommand):
    """To the terminal, or into a file that is there only once it is whole."""

    help = "Export the completed orders of a period as CSV: who earned them, amounts, and how their postbacks stand."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without options: every order there is."""
        parser.add_argument("--since", default="", metavar="DAY", help="Completed from this day on: 2026-11-01.")
        parser.add_argument("--until", default="", metavar="DAY", help="… to this day's end.")
        parser.add_argument("--output", type=file_to_write, metavar="FILE", help="Write to this file.")
        parser.add_argument("--offer", metavar="OFFER_ID", help="Only those of this offer.")
        parser.add_argument("--outcome", default="", choices=Conversion.Outcome.values)
        parser.add_argument("--state", default="", choices=Postback.Status.values, help="Of their postback.")
        parser.add_argument("--customers", action="store_true", help="With the ids of customers and subscriptions.")

    def handle(self, *args: Any, output: Path | None, **options: Any) -> None:
        """Exit 0 also when there is no order in that time: then the file has its header alone."""
        try:
            since, until = period(options["since"], options["until"])
        except PeriodError as error:
            raise wrong_usage(one_line(str(error))) from error
        wanted = Wanted(
            since=since,
            until=until,
            offer_id=find_offer(options["offer"]).offer_id if options["offer"] else "",
            outcome=options["outcome"],
            state=options["state"],
            with_customers=options["customers"],
        )
        if output is None:
            for text in ledger(wanted):
                self.stdout.write(text, ending="")
            return
        part = output.with_name(f"{output.name}.part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                file.writelines(ledger(wanted))
            part.replace(output)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror or error}.") from error
        finally:
            part.unlink(missing_ok=True)
        self.stderr.write(f"Written: {output}")
