"""`manage.py cancel_unpaid_orders`, from cron: what nobody pays for goes back on the shelf."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from store import payments
from store.models import Order


class Command(BaseCommand):
    help = (
        "Cancel orders that were placed long ago and are not paid, and put their goods back. Invoices are left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hours", type=float, default=48, help="How long an order may wait to be paid (default: %(default)s)."
        )

    def handle(self, *args: Any, hours: float, **options: Any) -> None:
        limit = timezone.now() - timedelta(hours=hours)
        waiting = Order.objects.filter(status=Order.Status.PLACED, placed_at__lt=limit, is_renewal=False)
        cancelled = sum(payments.call_off(order) for order in waiting if not order.has_secured_payment())
        self.stdout.write(f"Cancelled {cancelled} order{'' if cancelled == 1 else 's'}.")
