"""How orders stand with the affiliates, for the shop's own back office: a stable face of the postback log."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from tracking.models import Conversion


@dataclass(frozen=True, slots=True)
class Standing:
    """What tracking decided on one order, and how its postback is doing.

    `outcome` and `postback` are the words of the README's tables, `postback` empty where none is owed; the labels are
    for people. `url` is the order's page in tracking's admin, empty where that is not installed.
    """

    order_id: str
    outcome: str
    outcome_label: str
    reason: str
    affiliate_id: str
    postback: str
    postback_label: str
    url: str


def standings(order_ids: Iterable[str]) -> dict[str, Standing]:
    """The standing of each completed order by its id, in one query. Orders that are not completed have none."""
    conversions = Conversion.objects.filter(order_id__in=list(order_ids), is_test=False).select_related("postback")
    return {conversion.order_id: _standing(conversion) for conversion in conversions}


def _standing(conversion: Conversion) -> Standing:
    postback = getattr(conversion, "postback", None)
    return Standing(
        order_id=conversion.order_id,
        outcome=conversion.outcome,
        outcome_label=conversion.get_outcome_display(),
        reason=conversion.reason,
        affiliate_id=conversion.affiliate_id,
        postback=postback.status if postback else "",
        postback_label=postback.get_status_display() if postback else "",
        url=_url("postback", postback.pk) if postback else _url("conversion", conversion.pk),
    )


def _url(model: str, pk: int) -> str:
    try:
        return reverse(f"admin:tracking_{model}_change", args=[pk])
    except NoReverseMatch:
        return ""
