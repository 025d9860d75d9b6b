"""The letters: what is wrong, since when, what to do. One for each round that has news, as text and as HTML."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone

from tracking.conf import conf
from tracking.models import Alert
from tracking.reports.wording import moment
from tracking.watch import alerts
from tracking.watch.advice import address_of, advice_on
from tracking.watch.alerts import Turn, turn_of

logger = logging.getLogger(__name__)

PATIENCE: Final = 10  # seconds, with a mail server, where EMAIL_TIMEOUT says nothing


def tell(*, now: datetime) -> int:
    """Mail what nobody was told yet; returns how many alerts. What cannot be mailed is left for the next round.

    Nothing is kept from being told later: without recipients an alert waits for some.
    """
    if not conf.recipients:
        return 0
    taken = alerts.take_untold(now=now)
    if not taken:
        return 0
    if not connection.in_atomic_block:
        connection.close()  # not held while a mail server is waited for; a process may fork meanwhile
    try:
        send(compose(taken))
    except Exception:  # whatever the project's mail backend raises
        logger.exception("Alerts could not be mailed; trying again.")
        alerts.not_told(taken)
        return 0
    alerts.told(taken, now=timezone.now())
    return len(taken)


def compose(taken: Sequence[Alert]) -> EmailMultiAlternatives:
    """The letter about some alerts, the worst news first."""
    order = list(Turn)
    ordered = sorted(taken, key=lambda alert: (order.index(turn_of(alert)), -alert.level, alert.opened_at))
    site = urlsplit(conf.site_url).netloc
    return _letter(_subject(ordered, site), "alerts", {"stories": [_story(alert) for alert in ordered], "site": site})


def compose_trial() -> EmailMultiAlternatives:
    """A letter that shows that letters arrive."""
    site = urlsplit(conf.site_url).netloc
    return _letter(f"{_sender(site)}: alerts arrive here", "trial", {"site": site})


def send(message: EmailMultiAlternatives) -> None:
    """Send a letter. Raises what the mail backend raises."""
    backend: Any = get_connection()
    if getattr(backend, "timeout", PATIENCE) is None:
        backend.timeout = PATIENCE
    message.connection = backend
    message.send()


def _letter(subject: str, name: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    context = {**context, "subject": subject}
    text = render_to_string(f"tracking/watch/{name}.txt", context).strip() + "\n"
    message = EmailMultiAlternatives(subject, text, to=list(conf.recipients))
    message.attach_alternative(render_to_string(f"tracking/watch/{name}.html", context), "text/html")
    return message


def _subject(ordered: Sequence[Alert], site: str) -> str:
    first, *others = ordered
    words = {Turn.RAISED: "", Turn.WORSE: "worse: ", Turn.CLEARED: "over: "}[turn_of(first)]
    more = f", and {len(others)} more" if others else ""
    return " ".join(f"{_sender(site)}: {words}{first}{more}".split())


def _sender(site: str) -> str:
    return f"Affiliate tracking of {site}" if site else "Affiliate tracking"


def _story(alert: Alert) -> dict[str, Any]:
    turn = turn_of(alert)
    return {
        "turn": turn,
        "title": str(alert),
        "what": alert.what,
        "since": moment(alert.since or alert.opened_at),
        "until": moment(alert.cleared_at) if alert.cleared_at else "",
        "do": "" if turn is Turn.CLEARED else advice_on(alert).do,
        "address": address_of(alert),
        "is_link": bool(conf.site_url),
    }
