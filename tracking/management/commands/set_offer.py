"""`set_offer`: set an offer up, or change it, from what Aspire shows."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils import timezone

from tracking.management.base import TrackingCommand, wrong_usage
from tracking.models import Conversion, Offer
from tracking.postbacks import outbox
from tracking.postbacks.template import mask

GLOBAL_ID: Final = "global"  # what the global offer is called here; Aspire has no id for it
NEVER: Final = "never"


class Command(TrackingCommand):
    """Create or change the offer of an id; run again with the same options it changes nothing."""

    help = "Set up an Aspire offer: paste its postback URL as Aspire's Instructions show it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is not given stays as it is, or takes its default in a new offer."""
        parser.add_argument("--offer-id", help="Aspire's id of the offer, for example 12345. Needed without --global.")
        parser.add_argument("--postback-url", help="The URL as pasted, in quotes. Needed for a new offer.")
        parser.add_argument("--name", help="What to call the offer.")
        parser.add_argument("--protocol", choices=Offer.Protocol.values, help="Which id identifies a click to Aspire.")
        parser.add_argument("--window-days", type=int, help="Days after a click in which an order still earns.")
        parser.add_argument(
            "--hold-days",
            type=int,
            help="Days after an order in which its postback is held, so that a refund costs no commission (0: none).",
        )
        parser.add_argument(
            "--global",
            dest="is_global",
            action=BooleanOptionalAction,
            default=None,
            help="The global postback: serves every offer that is not set up itself. Protocol Transaction ID.",
        )
        parser.add_argument(
            "--active",
            dest="is_active",
            action=BooleanOptionalAction,
            default=None,
            help="--no-active pauses the offer: orders wait as unknown_offer.",
        )
        parser.add_argument(
            "--ends-at",
            type=_moment,
            metavar="TIME",
            help="Orders placed from then on earn nothing: 2026-12-31, 2026-12-31T18:00, or never.",
        )
        parser.add_argument(
            "--renewals",
            choices=Offer.Renewals.values,
            help="Which renewals of a subscription earn: none, the first N, for N months (--renewals-limit), or all.",
        )
        parser.add_argument("--renewals-limit", type=int, metavar="N", help="How many renewals, or months.")
        parser.add_argument(
            "--deduplicates",
            action=BooleanOptionalAction,
            default=None,
            help="Aspire confirmed that it drops repeated order ids: unknown outcomes are sent again.",
        )
        parser.add_argument(
            "--order-details",
            dest="sends_order_details",
            action=BooleanOptionalAction,
            default=None,
            help="Also send what was bought to Aspire's API for order details; needs TRACKING_ORDER_DETAILS_SECRET.",
        )
        parser.add_argument(
            "--default", action=BooleanOptionalAction, default=None, help="The offer of clicks that name none."
        )

    def handle(self, *args: Any, offer_id: str | None, **options: Any) -> None:
        """Check everything, then save."""
        offer_id = offer_id or (GLOBAL_ID if options["is_global"] else None)
        if offer_id is None:
            raise wrong_usage("Say which: give --offer-id (or --global, for the postback that serves every offer).")
        offer = Offer.objects.filter(offer_id=offer_id).first()
        is_new = offer is None
        offer = offer or Offer(offer_id=offer_id)
        given = _given(options)
        if is_new and "postback_url" not in given:
            raise wrong_usage(f"Offer {offer_id} is new: give its --postback-url, in quotes.")
        if "postback_url" in given:
            offer.pasted_security_token = ""  # the new URL brings its own, or the macro that the setting fills
        for name, value in given.items():
            setattr(offer, name, value)
        try:
            offer.clean_fields()
            offer.clean()
        except ValidationError as error:
            raise wrong_usage(_explain(error, given.get("postback_url"))) from None
        offer.save()
        self.stdout.write(f"{offer} is {'set up' if is_new else 'saved'}: {mask(offer.postback_url)}")
        self._warn(offer)

    def _warn(self, offer: Offer) -> None:
        if Offer.objects.named_or_default("") is None:
            self.stdout.write(
                self.style.WARNING("No offer is the default: clicks that name none earn nothing. Give --default.")
            )
        if offer.sends_order_details and not outbox.has_secret():
            self.stdout.write(self.style.WARNING(f"Order details wait. {outbox.WAITS_FOR_KEY}"))
        waiting = Conversion.objects.waiting_for(offer).count()
        if waiting and not offer.closed_at(timezone.now()):
            self.stdout.write(
                f"Orders that were recorded before and may earn under it: {waiting}. Decide on them anew with: "
                f"manage.py requeue_postbacks --status unknown_offer --offer {offer.offer_id}"
            )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The fields that were named, with what follows from them."""
    names = (
        "postback_url",
        "name",
        "protocol",
        "window_days",
        "hold_days",
        "deduplicates",
        "sends_order_details",
        "is_global",
        "is_active",
        "ends_at",
    )
    given = {name: options[name] for name in names if options[name] is not None}
    if options["default"] is not None:
        given["is_default"] = options["default"]
    if given.get("is_global"):
        given.setdefault("protocol", Offer.Protocol.TRANSACTION_ID)  # the global postback needs it
    if options["renewals"] is not None:
        given |= {"renewals": options["renewals"], "renewals_limit": options["renewals_limit"]}
    elif options["renewals_limit"] is not None:
        given["renewals_limit"] = options["renewals_limit"]
    if given.get("ends_at") == NEVER:
        given["ends_at"] = None
    return given


def _moment(text: str) -> datetime | str:
    if text == NEVER:
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time: give it as 2026-12-31, 2026-12-31T18:00, or never.") from None
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _explain(error: ValidationError, postback_url: str | None) -> str:
    lines = [f"--{field.replace('_', '-')}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
    if postback_url and "&" not in postback_url:
        lines.append("(The URL has no &: in a shell it has to stand in quotes, or the first & cuts it off.)")
    return mask(" ".join(lines))
