"""What Aspire answers to a postback, decided from its query and the ledger. Pure rules, no sockets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tracking.sandbox.ledger import Conversion, Ledger
from tracking.sandbox.offers import Catalogue, Offer

ACCEPTED = "success=true;"
SUB_LENGTH = 500  # characters that TUNE keeps of an advertiser's value

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Decision:
    """The reply's body and, unless it is a refusal, the conversion to record."""

    reply: str
    conversion: Conversion | None = None


class RefusedError(Exception):
    """The postback is refused; the message is Aspire's `err_msg`."""


def refusal(message: str) -> str:
    """Return the body of a refusal, which comes with HTTP 200 like a success."""
    return f"success=false; err_msg={message};"


def judge(
    params: Mapping[str, str], *, catalogue: Catalogue, ledger: Ledger, deduplicates: bool, now: datetime
) -> Decision:
    """Decide on a postback as Aspire does.

    With a `transaction_id` its click names offer and partner, and one conversion is all it can bring.
    Without, `offer_id` and `aff_id` are believed, no click is looked up, and *the same order counts again
    each time* unless Aspire `deduplicates` (Aspire 6613917, 7852711). The messages for Partner ID are not
    published: those here are plausible, no more.
    """
    try:
        conversion = _conversion(params, catalogue=catalogue, ledger=ledger, now=now)
        if deduplicates and ledger.has_seen(conversion.unique_id):
            raise RefusedError("Duplicate conversion")
    except RefusedError as refused:
        return Decision(refusal(str(refused)))
    return Decision(ACCEPTED, conversion)


def read_amount(text: str) -> Decimal | None:
    """Return the amount, None for one that is missing or malformed: not refused, but recorded as 0.00."""
    return Decimal(text).quantize(Decimal("0.01")) if _AMOUNT.fullmatch(text) else None


def _conversion(params: Mapping[str, str], *, catalogue: Catalogue, ledger: Ledger, now: datetime) -> Conversion:
    transaction_id = params.get("transaction_id", "")
    offer_id, aff_id = (
        _from_click(transaction_id, params.get("offer_id", ""), ledger)
        if transaction_id
        else (params.get("offer_id", ""), params.get("aff_id", ""))
    )
    offer = _running_offer(catalogue, offer_id)
    _check_partner(catalogue, offer, aff_id)
    order_id = params.get("adv_unique1", "")[:SUB_LENGTH]
    amount_sent = params.get("amount", "")
    amount = read_amount(amount_sent)
    return Conversion(
        received_at=now,
        offer_id=offer_id,
        aff_id=aff_id,
        order_id=order_id,
        amount=amount or Decimal("0.00"),
        amount_sent=amount_sent,
        lost_amount=amount is None,
        transaction_id=transaction_id,
        unique_id=params.get("conversion_unique_id", "") or order_id,
        rejection=_rejection(offer, params),
    )


def _from_click(transaction_id: str, offer_id: str, ledger: Ledger) -> tuple[str, str]:
    click = ledger.click(transaction_id)
    if click is None:
        raise RefusedError(f"Invalid Trans. ID #{transaction_id[:SUB_LENGTH]}")
    if offer_id and offer_id != click.offer_id:
        raise RefusedError(f"Request offer #{offer_id} does not match session offer #{click.offer_id}.")
    if ledger.has_converted(transaction_id):
        raise RefusedError(f"Duplicate recorded with Trans. ID {transaction_id}")
    return click.offer_id, click.aff_id


def _running_offer(catalogue: Catalogue, offer_id: str) -> Offer:
    if not offer_id:
        raise RefusedError("Missing required parameter: offer_id")
    offer = catalogue.offer(offer_id)
    if offer is None:
        raise RefusedError(f"Invalid offer #{offer_id[:SUB_LENGTH]}")
    if offer.is_paused:
        raise RefusedError(f"Offer #{offer_id} is not active")
    return offer


def _check_partner(catalogue: Catalogue, offer: Offer, aff_id: str) -> None:
    if not aff_id:
        raise RefusedError("Missing required parameter: aff_id")
    if catalogue.creator(aff_id) is None:
        raise RefusedError(f"Invalid affiliate #{aff_id[:SUB_LENGTH]}")
    if offer.aff_ids is not None and aff_id not in offer.aff_ids:
        raise RefusedError(f"Affiliate #{aff_id} is not approved for offer #{offer.offer_id}")


def _rejection(offer: Offer, params: Mapping[str, str]) -> str:
    # HTTP still says success: a merchant sees the rejection in Aspire alone.
    given = params.get("security_token", "")
    if not offer.security_token or given == offer.security_token:
        return ""
    return "wrong security_token" if given else "security_token is missing"
