"""Pauses of hosts, in the database, so that all processes that deliver leave a host alone together."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tracking.models import HostPause
from tracking.postbacks.manners import pause_length

logger = logging.getLogger(__name__)

PROBE_LASTS: Final = timedelta(seconds=60)  # longer than any exchange; then somebody else may probe


def current() -> dict[str, HostPause]:
    """Every pause by its host, those that are over and wait for a probe among them."""
    return {pause.host: pause for pause in HostPause.objects.all()}


def of(host: str) -> HostPause | None:
    """The pause of a host, if it has one."""
    return HostPause.objects.filter(host=host).first()


def open_circuit(host: str, *, why: str, now: datetime) -> None:
    """Leave a host alone that failed again and again; nothing changes for one that is paused already."""
    until = now + pause_length(1)
    if _create(HostPause(host=host, paused_until=until, reason=why, since=now)):
        logger.error(
            "%s failed again and again (%s): nothing is sent there until %s.", host, why, until, extra={"host": host}
        )


def wait_as_asked(host: str, *, wait: timedelta, why: str, now: datetime) -> None:
    """Leave a host alone for as long as it asked to; a longer pause of it stays."""
    until = now + wait
    if _create(HostPause(host=host, paused_until=until, reason=why, is_broken=False, since=now)):
        logger.warning("%s asked to wait (%s): nothing is sent there until %s.", host, why, until, extra={"host": host})
    else:
        HostPause.objects.filter(host=host, paused_until__lt=until).update(paused_until=until, reason=why)


def take_probe(pause: HostPause, *, now: datetime) -> bool:
    """Be the one process that sends a probe to a host whose pause is over; False if another is."""
    pause.probe_expires_at = now + PROBE_LASTS  # this process's own or another's: until then none is to be had
    free = HostPause.objects.filter(pk=pause.pk, paused_until__lte=now).exclude(probe_expires_at__gt=now)
    return free.update(probe_expires_at=pause.probe_expires_at) == 1


def close_circuit(host: str) -> None:
    """The host answers again."""
    if HostPause.objects.filter(host=host, is_broken=True).delete()[0]:
        logger.warning("%s answers again; what is due is sent.", host, extra={"host": host})


def probe_failed(host: str, *, why: str, now: datetime) -> None:
    """Leave the host alone for twice as long as before."""
    pause = of(host)
    if pause is None:
        return
    number = pause.pauses_made + 1
    until = now + pause_length(number)
    HostPause.objects.filter(pk=pause.pk).update(
        paused_until=until, pauses_made=min(number, 1000), reason=why, probe_expires_at=None
    )
    logger.error("%s still fails (%s): nothing is sent there until %s.", host, why, until, extra={"host": host})


def end(chosen: QuerySet[HostPause], *, now: datetime) -> int:
    """End pauses because a person wants the hosts tried now; returns how many. One that failed gets a probe first."""
    return chosen.update(paused_until=now, pauses_made=1, probe_expires_at=None)


def forget_finished(*, now: datetime) -> None:
    """Drop the pauses that a host had asked for and that are over."""
    HostPause.objects.filter(is_broken=False, paused_until__lte=now).delete()


def _create(pause: HostPause) -> bool:
    try:
        with transaction.atomic():
            pause.save(force_insert=True)
    except IntegrityError:
        return False
    return True
