"""Customers and their subscriptions kept from those who may not see them."""

from typing import Final

from tracking.models import Conversion

SEES_CUSTOMERS: Final = "tracking.see_customers"
"""The permission; see `Conversion.Meta.permissions`."""
HIDDEN: Final = "(hidden)"
OWN_FIELDS: Final = ("customer_id", "subscription_id", "reason", "considered")
"""The fields of a conversion that a customer or a subscription shows in."""


def hide_customer(conversion: Conversion) -> Conversion:
    """The same order without its customer, in memory alone: do not save it."""
    conversion.reason = without_ids(conversion.reason, conversion.customer_id, conversion.subscription_id)
    conversion.customer_id = ""
    conversion.subscription_id = HIDDEN if conversion.subscription_id else ""
    return conversion


def without_ids(text: str, *ids: str) -> str:
    """A text in which none of these ids shows."""
    for one in filter(None, ids):
        text = text.replace(one, HIDDEN)
    return text
