"""What a person should do about a postback, in plain words. Plain rules."""

import re
from typing import Final

from tracking.postbacks.verdicts import Verdict

_CURRENCIES: Final = re.compile("The order is in [A-Z]{3}, |The amount was worked out in ")

_BY_STATUS = {
    "pending": "Nothing to do: it is sent by itself when it is due.",
    "sending": "Nothing to do: it is being sent right now.",
    "accepted": "Nothing to do: Aspire has counted it.",
    "cancelled": "Nothing to do: it was cancelled, and nothing more is sent.",
    "unconfirmed": (
        "It may have arrived. Aspire's export of conversions tells, a day later: reconcile with it. Or compare the "
        "postback URL with the offer's Instructions, and ask Aspire's support whether the order was counted (offer id, "
        "order number, amount): if so, mark it as accepted; if not, send it again. Sending it again unasked can pay "
        "the creator twice."
    ),
    "failed": "It did not arrive. Mend what the detail names, then send it again.",
    "rejected": "Aspire refused it: see its words. Mend the cause in Aspire or in the offer here, then send it again.",
}

_BY_WORDS = (
    (
        "duplicate",
        (
            "Aspire has this order already, from somewhere else: a second tracking script on the shop, or an order "
            "number used twice. Find out which before you mark it as accepted."
        ),
    ),
    (
        "trans. id",
        "Aspire does not know the transaction id: the click is too old, was made by hand, or is another network's.",
    ),
    (
        "does not match session offer",
        "The click belongs to another offer: let the Offer URL in Aspire carry offer_id={offer_id}.",
    ),
    ("token", "Compare the security token with the one that Aspire shows for this offer."),
    ("not public", "Name the host in TRACKING_POSTBACK_HOSTS, if it really is one of yours."),
    (
        "cannot be resolved",
        "Check the host in the offer's postback URL and this machine's DNS.",
    ),
    (
        "refused the connection",
        "The other side is down, or a firewall is in between.",
    ),
    (
        "tls with",
        "The certificate cannot be verified: check the host in the postback URL, the clock and the CA bundle.",
    ),
    (
        "http 404",
        "Aspire does not know this address: compare the postback URL with the offer's Instructions in Aspire.",
    ),
)


_BY_CAUSE = {
    "not_set_up": (
        "Set up offer {offer_id} with the postback URL that Aspire shows for it, then decide anew. If Aspire has none "
        "such, somebody has typed the id."
    ),
    "no_default": (
        "Make one offer the default, or let the Offer URL in Aspire carry offer_id={{offer_id}}; then decide anew."
    ),
    "closed": (
        "If the creator is to earn it, let the offer take orders again (tick “active”, move its end), then decide anew."
    ),
}


def hint_for_unknown_offer(cause: str, offer_id: str) -> str:
    """Say what to do about an order whose offer is not there or takes no orders, by the kind of reason."""
    hint = _BY_CAUSE.get(cause) or "Set its offer up, or let it take orders again, then decide anew."
    return hint.format(offer_id=offer_id)


def hint_for_adjustment(*, is_whole: bool) -> str:
    """Say what to do about an order that came back, as a whole or in part, after it was reported."""
    if is_whole:
        return "Reject its conversion in Aspire before the commission is paid, then mark it as done here."
    return (
        "Aspire keeps or rejects a conversion as a whole: decide with the creator which it is to be, do it in Aspire, "
        "then mark it as done here."
    )


def hint_for(status: str, *, verdict: str, detail: str, is_due: bool = True, has_lease_expired: bool = False) -> str:
    """Say what to do about a postback in state `status`, given the last verdict and what it rests on.

    `is_due` is False for a pending one that has no time to be sent at, `has_lease_expired` True for one whose process
    was to be done with it by now.
    """
    if status == "sending" and has_lease_expired:
        return (
            "Whoever was sending it has ended or hangs. See that something delivers (manage.py deliver_postbacks): the "
            "next delivery sweeps it up."
        )
    if status == "pending" and not is_due and waits_for_rate(detail):
        return (
            "It is sent by itself once there is an exchange rate: see TRACKING_CURRENCY_CONVERTER, and let cron run "
            "manage.py update_exchange_rates."
        )
    if status == "pending" and not is_due:
        return "It waits for what the reason names; mend that, then requeue it."
    if status in {"rejected", "failed"}:
        return _by_words(detail) or _BY_STATUS[status]
    if status == "pending" and verdict == Verdict.NOT_SENT:
        return f"It is tried again by itself. {_by_words(detail)}".strip()
    return _BY_STATUS[status]


def waits_for_rate(detail: str) -> bool:
    """Tell whether what a postback waits for is an exchange rate, by the reason that it was given."""
    return bool(_CURRENCIES.match(detail))


def _by_words(detail: str) -> str:
    words = detail.lower()
    return next((hint for sign, hint in _BY_WORDS if sign in words), "")
