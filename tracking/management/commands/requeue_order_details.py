"""`requeue_order_details`: send order details again that failed or wait, once the cause is mended."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from tracking.management.base import TrackingCommand, find_offer, wrong_usage
from tracking.models import OrderDetails
from tracking.postbacks import engines, outbox
from tracking.reports.wording import count


class Command(TrackingCommand):
    """Make order details due now. A repeat does no harm at Aspire, so nothing is asked."""

    help = "Send order details again: by order, by state, or by offer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """At least one of orders, --status and --offer says which."""
        parser.add_argument("order_ids", nargs="*", metavar="ORDER_ID")
        states = sorted(state.value for state in outbox.DETAILS_CAN_BE_SENT_AGAIN)
        parser.add_argument("--status", choices=states, help="All in this state.")
        parser.add_argument("--offer", metavar="OFFER_ID", help="Only those of this offer.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be sent again; change nothing.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Exit 1 when nothing was there to send again, or an order that was named is left out."""
        order_ids, status, offer_id = options["order_ids"], options["status"], options["offer"]
        if not (order_ids or status or offer_id):
            raise wrong_usage("Say which: order ids, --status or --offer.")
        details = OrderDetails.objects.filter(is_called_off=False, status__in=outbox.DETAILS_CAN_BE_SENT_AGAIN)
        if order_ids:
            details = details.filter(conversion__order_id__in=order_ids)
        if status:
            details = details.filter(status=status)
        if offer_id:
            details = details.filter(offer=find_offer(offer_id))
        found = set(details.values_list("conversion__order_id", flat=True)) if order_ids else set()
        if left_out := sorted({*order_ids} - found):
            self.stderr.write(f"Left out, in no state that allows it: {', '.join(left_out)}.")
        if dry_run:
            self.stdout.write(f"Would send again: the details of {count(details.count(), 'order')}.")
            return
        sent = outbox.send_details_again(details, why="Queued to be sent again by requeue_order_details.")
        if not sent:
            raise CommandError("Nothing was sent again: no such order details are in a state that allows it.")
        engines.kick()
        self.stdout.write(f"Queued to be sent again: the details of {count(sent, 'order')}.")
        if not outbox.has_secret():
            raise CommandError(f"They cannot be sent yet. {outbox.WAITS_FOR_KEY}")
        if left_out:
            raise CommandError("Not all of the orders named were sent again; see above.")
