"""Rounds: look, note, tell. Every few minutes one of the processes that deliver has a round, outside of requests."""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from tracking.conf import conf
from tracking.models import Alert, LandingHour, WatchRound
from tracking.watch import alerts, facts, letters
from tracking.watch.findings import Finding
from tracking.watch.rules import find

logger = logging.getLogger(__name__)

_NAME = "watch"


def look_if_due() -> None:
    """Have a round, unless one was lately. Never raises: whoever delivers has other things to do."""
    try:
        now = timezone.now()
        if WatchRound.begin(_NAME, now=now, not_after=now - timedelta(minutes=conf.alert_every)):
            look(now=now)
            letters.tell(now=now)
            _tidy_up(now)
    except (DatabaseError, InterfaceError, ImproperlyConfigured) as error:
        logger.warning("Whether something is wrong could not be looked at: %s", error)
    except Exception:
        logger.exception("Whether something is wrong could not be looked at.")


def look_before_draining() -> None:
    """Look, from a process that drains once and ends: before it has changed what is to be seen. Never raises."""
    try:
        look(now=timezone.now())
    except (DatabaseError, InterfaceError):
        logger.debug("Nothing could be looked at; the drain will tell.", exc_info=True)
    except ImproperlyConfigured as error:
        logger.warning("Whether something is wrong could not be looked at: %s", error)
    except Exception:  # a fault of the watch's is no reason not to deliver
        logger.exception("Whether something is wrong could not be looked at.")


def tell_after_draining() -> None:
    """Mail what that look found: no delivery waits for a mail server. Never raises."""
    try:
        letters.tell(now=timezone.now())
    except (DatabaseError, InterfaceError, ImproperlyConfigured) as error:
        logger.warning("Alerts could not be mailed: %s", error)


def look(*, now: datetime) -> list[alerts.News]:
    """See what is wrong and note it; returns the turns that alerts took. Mails nothing. Raises DatabaseError."""
    return alerts.note(findings(now=now), now=now)


def findings(*, now: datetime) -> list[Finding]:
    """What is wrong. Raises DatabaseError, and ImproperlyConfigured for a limit that is none."""
    known = [key for key in Alert.objects.open().values_list("key", flat=True) if key]
    return find(facts.read(now=now), facts.limits(), now=now, open_keys=known)


def _tidy_up(now: datetime) -> None:
    LandingHour.objects.filter(starts_at__lt=now - facts.KEPT_HOURS).delete()
    alerts.forget(now=now)
