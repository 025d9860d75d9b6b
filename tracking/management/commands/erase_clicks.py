"""`erase_clicks`: erase what is known of a customer, or of an order's click, on somebody's wish."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from tracking.conversions.erasing import Erased, erase_customer, erase_order
from tracking.management.base import TrackingCommand, wrong_usage


class Command(TrackingCommand):
    """Erase clicks and who the customer is. The ledger of orders, amounts and what Aspire was told stays whole."""

    help = "Erase what is known of a customer, or of the click of an order; the ledger stays whole."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Either a customer or an order."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--customer", metavar="CUSTOMER_ID", help="The customer's id, as orders carry it.")
        which.add_argument("--order", metavar="ORDER_ID", help="The shop's own order number.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be erased; change nothing.")

    def handle(self, *args: Any, customer: str | None, order: str | None, dry_run: bool, **options: Any) -> None:
        """Exit 1 when nothing is known, or an order is left because it is still to be reported."""
        if not (customer or order):
            raise wrong_usage("The id is empty: every guest's order would be meant.")
        erased = erase_order(order, dry_run=dry_run) if order else erase_customer(customer or "", dry_run=dry_run)
        if not (erased.orders or erased.left or erased.customers_clicks):
            raise CommandError("Nothing is known of it: there is nothing to erase.")
        self.stdout.write(_told(erased, dry_run=dry_run))
        if erased.left:
            raise CommandError(
                f"Left, because they are still to be reported to Aspire: {', '.join(erased.left)}. Deliver or settle "
                "their postbacks, or cancel them, then run this again."
            )


def _told(erased: Erased, *, dry_run: bool) -> str:
    verb = "Would erase" if dry_run else "Erased"
    kept = " and the clicks kept with the customer" if erased.customers_clicks else ""
    orders = f"{len(erased.orders)} order{'' if len(erased.orders) == 1 else 's'}"
    return f"{verb}: the click and the customer of {orders}{kept}."
