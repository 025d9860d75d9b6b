"""`manage.py cancel_unpaid_orders`, from cron: what nobody pays for goes back on the shelf."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from store import payments
from store.management.base import StoreCommand
from store.models import Order

MOST_HOURS: Final = 87_600  # ten years


class Command(StoreCommand):
    help = (
        "Cancel orders that were placed long ago and are not paid, and put their goods back. Invoices are left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hours", type=_hours, default=48, help="How long an order may wait to be paid (default: %(default)s)."
        )

    def handle(self, *args: Any, hours: float, **options: Any) -> None:
        limit = timezone.now() - timedelta(hours=hours)
        waiting = Order.objects.filter(status=Order.Status.PLACED, placed_at__lt=limit, is_renewal=False)
        cancelled = sum(payments.call_off(order) for order in waiting if not order.has_secured_payment())
        self.stdout.write(f"Cancelled {cancelled} order{'' if cancelled == 1 else 's'}.")


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = -1
    if not 0 <= hours <= MOST_HOURS:  # nor is "nan"
        raise ArgumentTypeError(f"{text!r} is not a number of hours from 0 to {MOST_HOURS}.")
    return hours
