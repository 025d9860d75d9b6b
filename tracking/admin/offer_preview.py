"""How a pasted postback URL is understood: the URL with example values, and what fills each parameter."""

from dataclasses import dataclass
from typing import Final

from tracking.conf import conf
from tracking.models import Offer
from tracking.postbacks import template
from tracking.postbacks.remarks import offer_id_in, remarks_on, wants_transaction_id
from tracking.reports.setup import problem_of

_HIDDEN: Final = "hidden-token"

EXAMPLES: Final = {
    "AFFILIATE_ID": "123456",
    "AMOUNT": "49.99",
    "ORDER_ID": "1001",
    "TRANSACTION_ID": "102656693ac3ca6e0cdafbfe89ab99",
    "SECURITY_TOKEN": _HIDDEN,
}
_FILLED_BY: Final = {
    "AFFILIATE_ID": "the creator's id, from the click",
    "AMOUNT": "the order's amount",
    "ORDER_ID": "the shop's order number",
    "TRANSACTION_ID": "Aspire's transaction id, from the click",
    "OFFER_ID": "this offer's id",
    "SECURITY_TOKEN": "the security token, never shown",
}


@dataclass(frozen=True, slots=True)
class Filling:
    """One parameter of the URL: what fills it, with an example."""

    name: str
    filled_by: str
    example: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What will be sent for an order, secrets masked. `problem` says why nothing can be."""

    url: str = ""
    fillings: tuple[Filling, ...] = ()
    token: str = ""
    problem: str = ""
    remarks: tuple[str, ...] = ()
    """What is worth a second look."""
    offer_id: str = ""
    """The offer's id that the URL carries."""
    protocol: str = ""
    """The protocol that the URL is of, where one can tell."""


def preview(offer: Offer) -> Preview:
    """Show how the URL of `offer` will be filled."""
    if not offer.postback_url.strip():
        return Preview()
    try:
        parsed = template.parse(offer.postback_url)
        url = _hide(offer, parsed.fill(_examples(offer)))
    except template.TemplateError as error:
        return Preview(problem=_hide(offer, str(error)))
    by_transaction = wants_transaction_id(parsed)
    protocols = {True: Offer.Protocol.TRANSACTION_ID, False: Offer.Protocol.PARTNER_ID}
    return Preview(
        url=url,
        fillings=tuple(_filling(offer, parameter) for parameter in parsed.parameters),
        token=_token(offer, wants_token="SECURITY_TOKEN" in parsed.macros),
        problem=_hide(offer, problem_of(offer)),
        remarks=tuple(_hide(offer, remark) for remark in remarks_on(parsed, currency=offer.currency)),
        offer_id=offer_id_in(parsed),
        protocol="" if by_transaction is None else protocols[by_transaction].value,
    )


def _token(offer: Offer, *, wants_token: bool) -> str:
    if offer.pasted_security_token:
        return "Kept, and not shown." if wants_token else "Kept, and not shown; this URL does not use it."
    if wants_token and conf.security_token:
        return "Comes from TRACKING_SECURITY_TOKEN, and is not shown."
    return ""


def _examples(offer: Offer) -> dict[str, str | None]:
    without_amount = {"AMOUNT": None} if offer.kind == Offer.Kind.LEAD else {}
    return {**EXAMPLES, "OFFER_ID": offer.offer_id, **without_amount}


def _filling(offer: Offer, parameter: template.Parameter) -> Filling:
    examples = _examples(offer)
    if any(examples[macro] is None for macro in parameter.macros):
        return Filling(parameter.name, "left out: a lead has no amount", "")
    filled = template.Template("https", "", "", "/", (parameter,)).fill(examples)
    value = _hide(offer, filled.partition("?")[2]).partition("=")[2]
    sources = [_FILLED_BY[macro] for macro in parameter.macros]
    return Filling(parameter.name, ", ".join(sources) or "always the same, as pasted", value)


def _hide(offer: Offer, text: str) -> str:
    return template.mask(text, _HIDDEN, offer.pasted_security_token, conf.security_token)
