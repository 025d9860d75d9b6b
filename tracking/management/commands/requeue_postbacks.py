"""`requeue_postbacks`: send again what delivery has given up on, once its cause is mended."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet
from django.utils import timezone

from tracking.conversions.recording import decide_again
from tracking.management.base import TrackingCommand, find_offer, wrong_usage
from tracking.models import Conversion, Postback
from tracking.postbacks import engines, outbox

UNKNOWN_OFFER = Conversion.Outcome.UNKNOWN_OFFER.value


class Command(TrackingCommand):
    """Make postbacks due now, and decide anew on orders whose offer was unknown."""

    help = "Send postbacks again: by order, by state, or by offer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """At least one of orders, --status and --offer says which."""
        parser.add_argument("order_ids", nargs="*", metavar="ORDER_ID")
        states = sorted(state.value for state in outbox.CAN_BE_SENT_AGAIN)
        parser.add_argument(
            "--status",
            choices=[*states, UNKNOWN_OFFER],
            help=f"All in this state; {UNKNOWN_OFFER}: orders recorded before their offer was set up.",
        )
        parser.add_argument("--offer", metavar="OFFER_ID", help="Only those of this offer.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be sent again; change nothing.")
        parser.add_argument(
            "--may-pay-twice",
            action="store_true",
            help="Include those that Aspire may have counted: if it has, the creator is paid twice.",
        )

        parser.add_argument(
            "--despite-hold",
            action="store_true",
            help="Include those that their offer's hold keeps back: what is refunded later is paid for all the same.",
        )

    def handle(self, *args: Any, dry_run: bool, may_pay_twice: bool, despite_hold: bool, **options: Any) -> None:
        """Exit 1 when nothing was there to send again, or an order that was named is left out."""
        order_ids, status, offer_id = options["order_ids"], options["status"], options["offer"]
        if not (order_ids or status or offer_id):
            raise wrong_usage("Say which: order ids, --status or --offer.")
        postbacks = Postback.objects.filter(is_test=False, is_called_off=False, status__in=outbox.CAN_BE_SENT_AGAIN)
        undecided = Conversion.objects.waiting()
        if order_ids:
            postbacks = postbacks.filter(conversion__order_id__in=order_ids)
            undecided = undecided.filter(order_id__in=order_ids)
        if status:
            postbacks = postbacks.filter(status=status)
        if offer_id:
            offer = find_offer(offer_id)
            postbacks = postbacks.filter(offer=offer)
            undecided &= Conversion.objects.waiting_for(offer)
        if status and status != UNKNOWN_OFFER:
            undecided = undecided.none()
        found = {*_orders_of(postbacks), *undecided.values_list("order_id", flat=True)} if order_ids else set()
        if left_out := sorted({*order_ids} - found):
            self.stderr.write(f"Left out, in no state that allows it: {', '.join(left_out)}.")
        doubtful = _orders_of(postbacks.filter(outbox.doubtful()))
        if doubtful and not may_pay_twice:
            self.stderr.write(
                f"Left out, Aspire may have counted them: {', '.join(doubtful[:20])}. Ask Aspire first; "
                "--may-pay-twice sends them anyway."
            )
            postbacks = postbacks.exclude(outbox.doubtful())
        held = _orders_of(postbacks.filter(held_until__gt=timezone.now()))
        if held and not despite_hold:
            self.stderr.write(f"Left out, still held: {', '.join(held[:20])}. --despite-hold sends them anyway.")
            postbacks = postbacks.exclude(held_until__gt=timezone.now())
        if dry_run:
            self.stdout.write(f"Would send again: {postbacks.count()}; would decide anew: {undecided.count()}.")
            return
        sent = outbox.send_again(postbacks, why="Sent again by requeue_postbacks.", despite_hold=despite_hold)
        decided = sum(decide_again(conversion) for conversion in list(undecided.order_by("id")))
        if not sent and not decided:
            raise CommandError("Nothing was sent again: no such postback is in a state that allows it.")
        engines.kick()
        self.stdout.write(f"Sent again: {sent}; newly credited: {decided}.")
        if left_out or (order_ids and ((doubtful and not may_pay_twice) or (held and not despite_hold))):
            raise CommandError("Not all of the orders named were sent again; see above.")


def _orders_of(postbacks: QuerySet[Postback]) -> list[str]:
    return list(postbacks.values_list("conversion__order_id", flat=True))
