"""`prune_postbacks`: delete what has been settled for so long that nobody asks for it any more."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tracking.management.base import TrackingCommand, wrong_usage
from tracking.postbacks.outbox.pruning import KEPT_ATTEMPTS, KEPT_POSTBACKS, prune
from tracking.reconciliation import uploads
from tracking.reports.wording import count

LONGEST = 36_500  # days


class Command(TrackingCommand):
    """Keep the log from growing for ever; meant for cron, and safe to break off and run again."""

    help = (
        "Delete accepted and cancelled postbacks that were settled long ago, and attempts of those after "
        f"{KEPT_ATTEMPTS.days} days. What is not settled, or needs a person, stays, and so does every conversion."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without options it keeps postbacks for 400 days."""
        parser.add_argument(
            "--days",
            type=int,
            default=KEPT_POSTBACKS.days,
            help="Keep postbacks for so many days after they were settled (default: %(default)s).",
        )
        parser.add_argument("--dry-run", action="store_true", help="Say how many rows would go; delete nothing.")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        """Exit 0 also when there is nothing to prune."""
        if not 1 <= days <= LONGEST:
            raise wrong_usage(f"--days is {days}: give a whole number from 1 to {LONGEST}.")
        pruned = prune(now=timezone.now(), keep=timedelta(days=days), dry_run=dry_run)
        if not dry_run:
            uploads.purge(now=timezone.now())
        # Only shops that send order details need to hear of them.
        details = f", the details of {count(pruned.order_details, 'order')}" if pruned.order_details else ""
        verb = "Would prune" if dry_run else "Pruned"
        self.stdout.write(
            f"{verb}: {count(pruned.postbacks, 'postback')}, {count(pruned.attempts, 'attempt')}{details}."
        )
