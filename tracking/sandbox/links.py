"""From a creator's link to the shop: which offer and creator it names, and where it leads. Pure rules."""

from collections.abc import Mapping
from datetime import datetime

from tracking.sandbox.ledger import Click
from tracking.sandbox.offers import Catalogue, Creator, Offer, fill_macros

COUNTRY_CODE = "US"  # a stand-in on loopback cannot know the shopper's
_SUBS = ("source", "aff_sub", "aff_sub2", "aff_sub3", "aff_sub4", "aff_sub5")


class UnavailableLinkError(LookupError):
    """The link leads nowhere; the message says why."""


def follow(params: Mapping[str, str], *, catalogue: Catalogue, transaction_id: str, now: datetime) -> Click:
    """Return the click that `/aff_c` with these parameters makes, with the landing page it leads to.

    `url` is a deep link: it takes the Offer URL's place, macros and all, if it leads to a host of the shop;
    any other is passed over, so the stand-in is no open redirect. Raises UnavailableLinkError.
    """
    offer = _offer(catalogue, params.get("offer_id", ""))
    creator = _creator(catalogue, offer, params.get("aff_id", ""))
    deep_link = params.get("url", "")
    values = {
        "affiliate_id": creator.aff_id,
        "transaction_id": transaction_id,
        "offer_id": offer.offer_id,
        "offer_ref": offer.ref,
        "country_code": COUNTRY_CODE,
        **{name: params.get(name, "") for name in _SUBS},
    }
    return Click(
        clicked_at=now,
        offer_id=offer.offer_id,
        aff_id=creator.aff_id,
        transaction_id=transaction_id,
        landing_url=fill_macros(deep_link if offer.may_lead_to(deep_link) else offer.url, values),
        source=values["source"],
        aff_sub=values["aff_sub"],
    )


def _offer(catalogue: Catalogue, offer_id: str) -> Offer:
    offer = catalogue.offer(offer_id)
    if offer is None:
        raise UnavailableLinkError(f"There is no offer {offer_id!r} here." if offer_id else "The link names no offer.")
    if offer.is_paused:
        raise UnavailableLinkError(f"Offer {offer_id} is paused.")
    return offer


def _creator(catalogue: Catalogue, offer: Offer, aff_id: str) -> Creator:
    creator = catalogue.creator(aff_id)
    if creator is None:
        raise UnavailableLinkError(f"There is no creator {aff_id!r} here." if aff_id else "The link names no creator.")
    if offer.aff_ids is not None and aff_id not in offer.aff_ids:
        raise UnavailableLinkError(f"{creator.name} does not run offer {offer.offer_id}.")
    return creator
