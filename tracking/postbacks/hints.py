"""What a person should do about a postback, in plain words. Plain rules."""

from tracking.postbacks.verdicts import Verdict

_BY_STATUS = {
    "pending": "Nothing to do: it is sent by itself when it is due.",
    "sending": "Nothing to do: it is being sent right now.",
    "accepted": "Nothing to do: Aspire has counted it.",
    "cancelled": "Nothing to do: it was cancelled, and nothing more is sent.",
    "unconfirmed": (
        "It may have arrived. Compare the postback URL with the offer's Instructions, and ask Aspire's support whether "
        "the order was counted (offer id, order number, amount): if so, mark it as accepted; if not, send it again. "
        "Sending it again unasked can pay the creator twice."
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


def hint_for(status: str, *, verdict: str, detail: str, is_due: bool = True) -> str:
    """Say what to do about a postback in state `status`, given the last verdict and what it rests on.

    `is_due` is False for a pending one that has no time to be sent at.
    """
    if status == "pending" and not is_due:
        return "It waits for what the reason names; mend that, then requeue it."
    if status in {"rejected", "failed"}:
        return _by_words(detail) or _BY_STATUS[status]
    if status == "pending" and verdict == Verdict.NOT_SENT:
        return f"It is tried again by itself. {_by_words(detail)}".strip()
    return _BY_STATUS[status]


def _by_words(detail: str) -> str:
    words = detail.lower()
    return next((hint for sign, hint in _BY_WORDS if sign in words), "")
