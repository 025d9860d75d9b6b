"""`manage.py renew_subscriptions`: for cron, as often as you like."""

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from store.management.base import StoreCommand
from store.renewals import renew_all


class Command(StoreCommand):
    help = "Order and charge the subscriptions' parcels that are due. Safe to run twice, and side by side."

    def handle(self, *args: Any, **options: Any) -> None:
        tally = renew_all(timezone.now())
        self.stdout.write(
            f"{tally.placed} placed, {tally.paid} paid, {tally.unpaid} not paid, {tally.ended} ended unpaid."
        )
        if tally.failed:
            raise CommandError(f"{tally.failed} could not be renewed and are tried again at the next run; see the log.")
