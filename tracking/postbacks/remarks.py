"""Remarks on a pasted postback URL that can be used, and yet may not be what the merchant means. Plain rules."""

import re
from typing import Final

from tracking.postbacks.addresses import is_loopback_name
from tracking.postbacks.template import Template

BOOKED: Final = "USD"  # Aspire books every amount as US dollars (7974534)
ORDER_ID_PARAMETER: Final = "adv_unique1"  # Aspire 6425578, 11182653

_DOCUMENTED: Final = re.compile(
    r"offer_id|aff_id|transaction_id|amount|adv_sub[2-5]?|adv_unique[1-5]|conversion_unique_id|promo_code|goal_id"
    r"|goal_ref|security_token"
)
_OVERRIDES: Final = frozenset({"payout", "revenue", "status"})
_WHO: Final = frozenset({"aff_id", "transaction_id"})


def remarks_on(template: Template, *, currency: str) -> tuple[str, ...]:
    """What is worth a second look in a URL that passes every check, for an offer booked in `currency`."""
    found = [
        _on_host(template),
        _on_order_id(template),
        *(_on_parameter(template, each.name) for each in template.parameters),
    ]
    if currency != BOOKED and not is_loopback_name(template.host):
        found.append(
            f"Aspire books US dollars, whatever currency is meant: 49.99 {currency} would be booked as 49.99 {BOOKED}."
        )
    return tuple(filter(None, found))


def offer_id_in(template: Template) -> str:
    """The offer's id that the URL carries, empty where it carries none."""
    return next((each.value for each in template.parameters if each.name == "offer_id" and not each.macros), "")


def wants_transaction_id(template: Template) -> bool | None:
    """Tell which protocol the URL is of: by transaction id, by partner id (False), or one cannot tell (None)."""
    by_transaction, by_partner = "TRANSACTION_ID" in template.macros, "AFFILIATE_ID" in template.macros
    return None if by_transaction == by_partner else by_transaction


def _on_host(template: Template) -> str:
    if not is_loopback_name(template.host):
        return ""
    return f"{template.host} is this machine: a sandbox. Nothing reaches Aspire."


def _on_order_id(template: Template) -> str:
    names = [each.name for each in template.parameters if "ORDER_ID" in each.macros]
    if not names or ORDER_ID_PARAMETER in names:
        return ""
    return (
        f"The order number goes into “{names[0]}”. Aspire reads it from {ORDER_ID_PARAMETER}: compare the URL with the "
        "offer's Instructions."
    )


def _on_parameter(template: Template, name: str) -> str:
    parameter = next(each for each in template.parameters if each.name == name)
    if name in _WHO and not parameter.macros:
        return f"“{name}” is always {parameter.value}: every order would be credited to the same creator, or to none."
    if name in _OVERRIDES:
        return (
            f"“{name}” overrides what Aspire works out by itself, for every order: leave it out unless Aspire told you."
        )
    if name == "currency":
        return f"“currency” is no parameter of Aspire's: amounts are booked as {BOOKED}."
    if name == "conversion_unique_id":
        return (
            "“conversion_unique_id” keeps repeats out only where Aspire has switched that on: ask, then tick the box."
        )
    if not _DOCUMENTED.fullmatch(name):
        return f"Aspire documents no parameter “{name}”: see that it stands in the offer's Instructions."
    return ""
