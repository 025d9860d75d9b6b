"""`set_offer`: set an offer up, or change it, from what Aspire shows."""

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.core.exceptions import ValidationError

from tracking.management.base import TrackingCommand, wrong_usage
from tracking.models import Offer
from tracking.postbacks.template import mask


class Command(TrackingCommand):
    """Create or change the offer of an id; run again with the same options it changes nothing."""

    help = "Set up an Aspire offer: paste its postback URL as Aspire's Instructions show it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is not given stays as it is, or takes its default in a new offer."""
        parser.add_argument("--offer-id", required=True, help="Aspire's id of the offer, for example 12345.")
        parser.add_argument("--postback-url", help="The URL as pasted, in quotes. Needed for a new offer.")
        parser.add_argument("--name", help="What to call the offer.")
        parser.add_argument("--protocol", choices=Offer.Protocol.values, help="Which id identifies a click to Aspire.")
        parser.add_argument("--window-days", type=int, help="Days after a click in which an order still earns.")
        parser.add_argument(
            "--deduplicates",
            action=BooleanOptionalAction,
            default=None,
            help="Aspire confirmed that it drops repeated order ids: unknown outcomes are sent again.",
        )
        parser.add_argument(
            "--default", action=BooleanOptionalAction, default=None, help="The offer of clicks that name none."
        )

    def handle(self, *args: Any, offer_id: str, default: bool | None, **options: Any) -> None:
        """Check everything, then save."""
        offer = Offer.objects.filter(offer_id=offer_id).first()
        is_new = offer is None
        offer = offer or Offer(offer_id=offer_id)
        names = ("postback_url", "name", "protocol", "window_days", "deduplicates")
        given = {name: options[name] for name in names if options[name] is not None}
        if default is not None:
            given["is_default"] = default
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
        if not Offer.objects.filter(is_default=True, is_active=True).exists():
            self.stdout.write(
                self.style.WARNING("No offer is the default: clicks that name none earn nothing. Give --default.")
            )


def _explain(error: ValidationError, postback_url: str | None) -> str:
    lines = [f"--{field.replace('_', '-')}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
    if postback_url and "&" not in postback_url:
        lines.append("(The URL has no &: in a shell it has to stand in quotes, or the first & cuts it off.)")
    return mask(" ".join(lines))
