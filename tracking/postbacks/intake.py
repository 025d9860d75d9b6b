"""The intake: takes due rows out of the outbox lane by lane, as manners and pauses allow.

A lane is all that is sent to one host; order details have one of their own, so that neither waits for the other.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils import timezone

from tracking.models import HostPause, Offer
from tracking.postbacks import delivery, outbox, pauses
from tracking.postbacks.manners import Host, has_answered, pause_length
from tracking.postbacks.outbox import Claim, Kind, Settlement
from tracking.postbacks.retries import Next
from tracking.postbacks.verdicts import Verdict

REFRESH: Final = 1.0  # seconds that offers and pauses are held as they were read

_NOT_COUNTED: Final = frozenset({Verdict.NOT_SENT, Verdict.BUSY})


@dataclass(frozen=True, slots=True)
class Lane:
    """What goes to one host: messages of a kind, of these offers; None for those of all."""

    kind: Kind
    offers: list[int] | None = None

    def claim(self, limit: int, *, now: datetime) -> list[Claim]:
        return outbox.claim(limit, now=now, offers=self.offers, kind=self.kind)


class Intake:
    """What one process may send now, and what it learns of the hosts by sending.

    `size`: requests it has under way at most. `rate`: requests a second to one host at most, None for no limit.
    """

    def __init__(self, size: int, *, rate: int | None = None) -> None:
        self._size = size
        self._rate = rate
        self._hosts: dict[str, Host] = {}
        self._lanes: dict[str, Lane] = {}
        self._pauses: dict[str, HostPause] = {}
        self._probes: set[tuple[str, int]] = set()
        self._untold: list[tuple[str, Settlement, bool]] = []
        self._read_at = 0.0
        self.is_throttled = False
        """Something may be due that only the rate holds back."""
        self.may_have_more = False
        """Something may be due that was not taken for want of room."""

    @property
    def has_learnt(self) -> bool:
        """There is something to `tell`, after which other rows may be sent."""
        return bool(self._untold)

    def take(self, room: int) -> list[Claim]:
        """Claim up to `room` rows that may be sent now. Once that is committed, `began` has to be told."""
        now = timezone.now()
        self._refresh(now)
        self.is_throttled = self.may_have_more = False
        taken: list[Claim] = []
        for name in sorted(self._lanes, key=lambda name: self._host(name).under_way):
            if len(taken) == room:
                self.may_have_more = True
                break
            taken += self._take_from(name, room - len(taken), now)
        return taken

    def began(self, claims: list[Claim]) -> None:
        """Note that claims are being sent."""
        for claim in claims:
            name = delivery.lane_of(claim)
            self._host(name).begin()
            if name in self._pauses and self._pauses[name].is_broken:
                self._probes.add(claim.key)

    def ended_unsent(self, claims: list[Claim]) -> None:
        """Note that claims were not sent after all."""
        for claim in claims:
            self._host(delivery.lane_of(claim)).under_way -= 1
            self._probes.discard(claim.key)

    def ended(self, settlement: Settlement) -> Settlement:
        """Learn from an attempt's end. Touches no database; `tell` does.

        Returns what is to be written down: a probe that fails does not use up a try.
        """
        claim = settlement.claim
        name = delivery.lane_of(claim)
        host = self._host(name)
        is_probe = claim.key in self._probes
        self._probes.discard(claim.key)
        if settlement.attempt is None or not settlement.tells_of_host:  # nothing was learnt
            host.under_way -= 1
            return settlement
        breaks = host.end(settlement.verdict)
        if breaks or is_probe or settlement.host_wait:
            self._untold.append((name, settlement, is_probe))
            if not has_answered(settlement.verdict):
                self._leave_alone(name, settlement)
        if is_probe and (settlement.verdict in _NOT_COUNTED or settlement.next.status == outbox.Status.PENDING):
            following = Next(outbox.Status.PENDING, settlement.attempt.detail, timezone.now())
            return replace(settlement, is_free=True, next=following)
        return settlement

    def tell(self) -> None:
        """Tell the other processes what was learnt. Raises DatabaseError; what was not told is told the next time."""
        now = timezone.now()
        while self._untold:
            name, settlement, is_probe = self._untold[0]
            why = settlement.next.detail[:200]
            if is_probe and has_answered(settlement.verdict):
                pauses.close_circuit(name)
            elif is_probe:
                pauses.probe_failed(name, why=why, now=now)
            elif not settlement.host_wait:
                pauses.open_circuit(name, why=why, now=now)
            if settlement.host_wait:
                pauses.wait_as_asked(name, wait=settlement.host_wait, why=why, now=now)
            self._untold.pop(0)
            self._read_at = 0.0

    def _take_from(self, name: str, room: int, now: datetime) -> list[Claim]:
        host, pause = self._host(name), self._pauses.get(name)
        if pause and pause.paused_until > now:
            host.start_again()
            return []
        if pause and pause.is_broken:
            return self._take_probe(name, host, pause, now)
        free = min(room, host.room(most=self._most(name)))
        allowed = host.within_rate(free, now=now)
        if not allowed:
            self.may_have_more = True
            self.is_throttled |= free > 0
            return []
        claims = self._lanes[name].claim(allowed, now=now)
        took_all_allowed = len(claims) == allowed
        self.may_have_more |= took_all_allowed
        self.is_throttled |= took_all_allowed and allowed < free
        return claims

    def _take_probe(self, name: str, host: Host, pause: HostPause, now: datetime) -> list[Claim]:
        """A single row for a host that was paused, unless another process is probing it."""
        if host.under_way or (pause.probe_expires_at and pause.probe_expires_at > now):
            return []
        host.start_again()
        claims = self._lanes[name].claim(1, now=now)
        if claims and not pauses.take_probe(pause, now=now):
            outbox.release(claims)
            return []
        return claims

    def _most(self, name: str) -> int:
        """How many requests a host may have under way: all but what others at work may have, up to half, and a few."""
        if len(self._lanes) < 2:
            return self._size
        others = [self._host(other) for other in self._lanes if other != name]
        theirs = sum(host.window for host in others if host.under_way)
        return self._size - min(max(theirs, self._size // 8, 1), self._size // 2)

    def _leave_alone(self, name: str, settlement: Settlement) -> None:
        now = timezone.now()
        wait = max(settlement.host_wait, pause_length(1))
        self._pauses[name] = HostPause(host=name, paused_until=now + wait, is_broken=not settlement.host_wait)
        self._host(name).start_again()

    def _host(self, name: str) -> Host:
        if name not in self._hosts:
            self._hosts[name] = Host(self._size, rate=self._rate)
        return self._hosts[name]

    def _refresh(self, now: datetime) -> None:
        if time.monotonic() < self._read_at + REFRESH:
            return
        offers: dict[str, list[int]] = {}
        for offer in Offer.objects.only("postback_url"):
            offers.setdefault(delivery.host_of(offer), []).append(offer.pk)
        self._lanes = {name: Lane(outbox.POSTBACK, keys if len(offers) > 1 else None) for name, keys in offers.items()}
        if outbox.has_secret():
            self._lanes[delivery.details_lane()] = Lane(outbox.ORDER_DETAILS)
        self._pauses = pauses.current()
        if any(not pause.is_broken and pause.paused_until <= now for pause in self._pauses.values()):
            pauses.forget_finished(now=now)
        self._read_at = time.monotonic()
