"""What is known to be wrong, in the database: each trouble is one open alert, whoever and how many notice it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from tracking.models import Alert
from tracking.signals import alert_cleared, alert_raised
from tracking.watch.findings import Finding

logger = logging.getLogger(__name__)

MOST_TOLD: Final = 50  # alerts in one letter
TELLING_LASTS: Final = timedelta(minutes=10)  # then whoever was telling has ended, and another tells
KEPT: Final = timedelta(days=400)  # after it was over


class Turn(StrEnum):
    """What became of a trouble."""

    RAISED = "raised"
    WORSE = "worse"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class News:
    """An alert that took a turn."""

    alert: Alert
    turn: Turn


def note(findings: Iterable[Finding], *, now: datetime) -> list[News]:
    """Open, worsen and clear alerts by what is wrong now; returns what this process changed, which it has announced.

    Every change is a conditional one: of several processes that notice the same, one makes it.
    """
    known = {alert.key: alert for alert in Alert.objects.open()}
    found = {finding.key: finding for finding in findings}
    news = []
    for key, finding in found.items():
        alert = known.get(key)
        turned = _update(alert, finding) if alert else _open(finding, now)
        news += [turned] if turned else []
    news += [News(alert, Turn.CLEARED) for key, alert in known.items() if key not in found and _clear(alert, now)]
    for each in news:
        _announce(each)
    return news


def turn_of(alert: Alert) -> Turn:
    """What there is to tell of an alert that is not told."""
    if alert.cleared_at:
        return Turn.CLEARED
    return Turn.WORSE if alert.told_level else Turn.RAISED


def take_untold(*, now: datetime) -> list[Alert]:
    """The alerts that this process is to tell of; no other tells of them meanwhile."""
    free = Q(being_told_until=None) | Q(being_told_until__lte=now)
    taken = []
    for alert in Alert.objects.untold().filter(free).order_by("id")[:MOST_TOLD]:
        same = Alert.objects.filter(
            free, pk=alert.pk, level=alert.level, told_level=alert.told_level, cleared_at=alert.cleared_at
        )
        if same.filter(told_clear_at=None).update(being_told_until=now + TELLING_LASTS):
            taken.append(alert)
    return taken


def told(alerts: Iterable[Alert], *, now: datetime) -> None:
    """Note that people know; what has become worse meanwhile is still to be told."""
    for alert in alerts:
        Alert.objects.filter(pk=alert.pk).update(
            told_level=alert.level,
            told_at=now,
            told_clear_at=now if alert.cleared_at else None,
            being_told_until=None,
        )


def not_told(alerts: Iterable[Alert]) -> None:
    """Note that telling failed: the next round tries again."""
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(being_told_until=None)


def forget(*, now: datetime) -> None:
    """Delete what was over long ago."""
    Alert.objects.filter(cleared_at__lt=now - KEPT).delete()


def _open(finding: Finding, now: datetime) -> News | None:
    alert = Alert(
        kind=finding.kind,
        subject=finding.subject,
        key=finding.key,
        level=finding.level,
        what=finding.what,
        since=finding.since,
        opened_at=now,
    )
    try:
        with transaction.atomic():
            alert.save(force_insert=True)
    except IntegrityError:  # another process was first
        return None
    return News(alert, Turn.RAISED)


def _update(alert: Alert, finding: Finding) -> News | None:
    """Keep the words up to date, and the level at its worst: what gets better and worse again is no news."""
    if (finding.level, finding.what) == (alert.level, alert.what):
        return None
    same = Alert.objects.filter(pk=alert.pk, cleared_at=None, level=alert.level)
    is_worse = finding.level > alert.level
    alert.what, alert.level = finding.what, max(finding.level, alert.level)
    changed = same.update(what=alert.what, level=alert.level)
    return News(alert, Turn.WORSE) if changed and is_worse else None


def _clear(alert: Alert, now: datetime) -> bool:
    changed = Alert.objects.filter(pk=alert.pk, cleared_at=None).update(cleared_at=now, key=None)
    alert.cleared_at, alert.key = now, None
    return bool(changed)


def _announce(news: News) -> None:
    alert = news.alert
    about = {"kind": alert.kind, "subject": alert.subject, "level": alert.level}
    if news.turn is Turn.CLEARED:
        logger.warning("Over: %s.", alert, extra=about)
        alert_cleared.send_robust(sender=Alert, alert=alert)
    else:
        logger.error("Alert: %s. %s", alert, alert.what, extra=about)
        alert_raised.send_robust(sender=Alert, alert=alert, is_worse=news.turn is Turn.WORSE)
