"""What to do about each kind of alert, and which page of the admin shows more."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from tracking.conf import conf
from tracking.models import Alert
from tracking.watch.findings import ORDER_DETAILS

Kind = Alert.Kind


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person does, and where: a list of the admin and its filter."""

    do: str
    model: str
    shown: dict[str, str]


_BY_KIND: Final[dict[str, Advice]] = {
    Kind.NO_OFFER: Advice(
        "Set the offer up with the postback URL from Aspire's Instructions, or let it take orders again; then choose "
        "Decide anew for these orders.",
        "conversion",
        {"outcome__exact": "unknown_offer"},
    ),
    Kind.HELD: Advice(
        "Mend what their pages name: the offer's currency, or a rate that is missing. Then send them.",
        "postback",
        {"status__exact": "pending"},
    ),
    Kind.ACCEPTANCE: Advice(
        "Look at what Aspire answers to those that it does not accept: an offer that was changed or ended there "
        "refuses everything.",
        "postback",
        {},
    ),
    Kind.NOTHING_ACCEPTED: Advice(
        "Run manage.py diagnose_tracking: it looks at the engine, the offers, and whether Aspire's host can be "
        "reached.",
        "postback",
        {},
    ),
    Kind.NO_LANDINGS: Advice(
        "Follow a creator's link yourself. Run manage.py diagnose_tracking --url with the Offer URL: it names a "
        "redirect that drops the id, or a cache that hides the landing.",
        "landingcount",
        {},
    ),
    Kind.NO_WORKER: Advice(
        "Start what delivers (manage.py deliver_postbacks, or the Celery worker with its beat), and look at its log.",
        "workerheartbeat",
        {},
    ),
    Kind.PAUSED_HOST: Advice(
        "Nothing, if it is Aspire's own outage: it is probed by itself, and everything follows. Else see whether this "
        "machine may reach the host.",
        "hostpause",
        {},
    ),
}

# Of another release that shares the database, or did: it must keep neither letters nor pages from being made.
_UNKNOWN: Final = Advice("See what it says: this release of the software does not know it.", "alert", {})

_BY_STATE: Final = {
    "rejected": "Mend the cause that their pages name, then choose Send again.",
    "failed": "Mend the cause that their pages name, then choose Send again.",
    "unconfirmed": "Ask Aspire whether it has these orders; then Mark as accepted, or Send again. A blind repeat may "
    "pay twice.",
}

_DETAILS: Final = (
    "Mend the cause that their pages name, often the secret, then choose Send again: repeating them does no harm."
)


def advice_on(alert: Alert) -> Advice:
    """What to do about an alert."""
    if alert.kind == Kind.NEEDS_PERSON and alert.subject == ORDER_DETAILS:
        return Advice(_DETAILS, "orderdetails", {"status__exact": "failed"})
    if alert.kind == Kind.NEEDS_PERSON:
        return Advice(_BY_STATE.get(alert.subject, ""), "postback", {"status__exact": alert.subject})
    return _BY_KIND.get(alert.kind, _UNKNOWN)


def address_of(alert: Alert) -> str:
    """The address of that page for a letter: without TRACKING_SITE_URL the path alone."""
    path = path_of(alert)
    return f"{conf.site_url}{path}" if path else ""


def path_of(alert: Alert) -> str:
    """The page of the admin that shows more; empty where the project has no admin."""
    advice = advice_on(alert)
    if not apps.is_installed("django.contrib.admin"):
        return ""
    try:
        path = reverse(f"admin:tracking_{advice.model}_changelist")
    except NoReverseMatch:
        return ""
    query = f"?{urlencode(advice.shown)}" if advice.shown else ""
    return f"{path}{query}"
