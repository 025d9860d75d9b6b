"""`send_test_postback`: prove a set-up with one real GET."""

import re
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from tracking.management.base import TrackingCommand, find_offer, one_line, wrong_usage
from tracking.models import Conversion, Offer, Postback
from tracking.orders import ORDER_ID_LENGTH
from tracking.postbacks.hints import hint_for
from tracking.postbacks.template import TemplateError
from tracking.postbacks.trial import OrderIdUsedError, Trial, fire, new_order_id, preview

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Command(TrackingCommand):
    """Fire one made-up sale at Aspire and show what it says; exit 0 only if it was accepted."""

    help = "Send one test postback to Aspire through the code that sends live ones, and show the verdict."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """With a default offer no option is needed."""
        parser.add_argument("--offer", metavar="OFFER_ID", help="Which offer; the default one if not given.")
        parser.add_argument("--affiliate-id", default="1", help="Default 1: the one of Aspire's own test link.")
        parser.add_argument("--transaction-id", default="", help="For offers with the protocol Transaction ID.")
        parser.add_argument("--amount", default="1.00", help="In the offer's currency (default: %(default)s).")
        parser.add_argument("--order-id", help="Default: TEST- and the time.")
        parser.add_argument("--dry-run", action="store_true", help="Show the URL and send nothing.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Check what was typed, send, tell."""
        trial = _trial(options)
        try:
            built = preview(trial)
        except TemplateError as error:
            raise CommandError(f"The URL of {trial.offer} cannot be built: {error}") from None
        self._line("Offer", str(trial.offer))
        self._line("Order", trial.order_id)
        self._line("URL", built.masked)
        if dry_run:
            self.stdout.write("Nothing was sent (--dry-run).")
            return
        try:
            postback = fire(trial)
        except OrderIdUsedError:
            raise wrong_usage(f"--order-id {trial.order_id} has been used by a test: choose another.") from None
        self._tell(postback)
        if postback.status != Postback.Status.ACCEPTED:
            status = postback.get_status_display().lower()
            raise CommandError(one_line(f"Not accepted: {status}. {postback.detail}"))

    def _tell(self, postback: Postback) -> None:
        attempt = postback.attempts.latest("id")
        self._line("Status", f"HTTP {attempt.http_status}" if attempt.http_status else "no reply")
        self._line("Reply", attempt.reply[:300].strip() or "(nothing)")
        self._line("Verdict", " – ".join(filter(None, [postback.verdict, postback.detail])))  # noqa: RUF001
        self._line("Time", f"{attempt.duration_ms} ms")
        self._line("Hint", hint_for(postback.status, verdict=postback.verdict, detail=postback.detail))

    def _line(self, name: str, value: str) -> None:
        self.stdout.write(f"{name:<8} {one_line(value)}")


def _trial(options: dict[str, Any]) -> Trial:
    offer = find_offer(options["offer"])
    for name in ("affiliate_id", "transaction_id"):
        if options[name] and not _ID.fullmatch(options[name]):
            raise wrong_usage(
                f"--{name.replace('_', '-')} is {options[name]!r}: give letters, digits, _ or -, 64 at most."
            )
    if offer.protocol == Offer.Protocol.PARTNER_ID and not options["affiliate_id"]:
        raise wrong_usage(f"--affiliate-id is empty, and {offer} has the protocol Partner ID: give one, such as 1.")
    if offer.protocol == Offer.Protocol.TRANSACTION_ID and not options["transaction_id"]:
        raise wrong_usage(f"{offer} has the protocol Transaction ID: give a --transaction-id from a real click.")
    order_id = options["order_id"]
    if order_id is None:
        order_id = new_order_id(timezone.now())
    if not 0 < len(order_id) <= ORDER_ID_LENGTH or "\0" in order_id:
        raise wrong_usage(f"--order-id: give 1 to {ORDER_ID_LENGTH} characters.")
    if Conversion.objects.filter(order_id=order_id, is_test=False).exists():
        raise wrong_usage(f"--order-id {order_id} is a real order: Aspire would count it once more. Choose another.")
    return Trial(
        offer=offer,
        order_id=order_id,
        amount=_amount(options["amount"]),
        affiliate_id=options["affiliate_id"],
        transaction_id=options["transaction_id"],
    )


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 < amount < 10**9 and amount == round(amount, 2)):
        raise wrong_usage(f"--amount is {text!r}: give a plain number above 0, two decimals at most, such as 1.00.")
    return amount
