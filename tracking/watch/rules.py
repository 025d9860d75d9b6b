"""The rules: given what is known and the limits, what is wrong, and how bad. Plain rules: no database, no clock."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from tracking.reports.wording import count, span
from tracking.watch.findings import ORDER_DETAILS, Facts, Finding, Group, Limits
from tracking.watch.quiet import missed_landings

MANY: Final = (1, 3, 10, 30, 100, 300, 1_000, 3_000)  # orders: reaching the next is worth another mail
LONGER: Final = (1, 4, 16, 64)  # times the limit: the same for what lasts
MISSED_MORE: Final = (1, 5, 25)  # times the limit: the same for landings that did not come
HELD_FOR: Final = timedelta(minutes=30)  # rates may be fetched meanwhile
ENOUGH_LATELY: Final = 20  # postbacks; a share of fewer says little
ENOUGH_BEFORE: Final = 50


def find(facts: Facts, limits: Limits, *, now: datetime, open_keys: Collection[str] = ()) -> list[Finding]:
    """Everything that is wrong. `open_keys`: what is known to be wrong, which has to be clearly over to be over."""
    return [
        *_for_a_person(facts),
        *_without_offer(facts),
        *_held(facts, now),
        *_nothing_accepted(facts, limits, now),
        *_acceptance(facts, limits, open_keys),
        *_no_landings(facts, limits, now, open_keys),
        *_no_worker(facts, limits, now),
        *_broken_hosts(facts, limits, now),
    ]


def step(value: float, steps: Collection[float]) -> int:
    """How many of the rising `steps` a value has reached."""
    return sum(value >= each for each in steps)


def _for_a_person(facts: Facts) -> Iterator[Finding]:
    verbs = {
        "rejected": "Aspire refused",
        "failed": "Given up, because it could not be delivered:",
        "unconfirmed": "Nobody knows whether Aspire has counted",
    }
    for state, group in sorted(facts.for_a_person.items()):
        what = f"{verbs[state]} {_postbacks(group)}.{_words(group)}"
        yield Finding("needs_person", what, step(group.number, MANY), state, group.since)
    if details := facts.failed_details:
        orders = f"{_some(details)} {'order' if details.number == 1 else 'orders'}"
        what = f"Given up: the details of {orders}. The sales themselves are reported apart from them.{_words(details)}"
        yield Finding("needs_person", what, step(details.number, MANY), ORDER_DETAILS, details.since)


def _without_offer(facts: Facts) -> Iterator[Finding]:
    if group := facts.without_offer:
        orders = f"{_some(group)} {'order' if group.number == 1 else 'orders'}"
        what = f"{orders} that a creator sent can be credited to nobody until the offer is set up.{_words(group)}"
        yield Finding("no_offer", what, step(group.number, MANY), since=group.since)


def _held(facts: Facts, now: datetime) -> Iterator[Finding]:
    group = facts.held
    if group and now - group.since >= HELD_FOR:
        what = f"{_postbacks(group).capitalize()} cannot be sent until something is mended.{_words(group)}"
        yield Finding("held", what, step(group.number, MANY), since=group.since)


def _nothing_accepted(facts: Facts, limits: Limits, now: datetime) -> Iterator[Finding]:
    order, last = facts.unaccepted, facts.last_accepted_at
    if order is None:
        return
    since = max(order.ready_at, last) if last else order.ready_at
    quiet = now - since
    if quiet >= limits.silence:
        ever = f"the last was {span(now - last)} ago" if last else "Aspire has never accepted anything"
        what = f"For {span(quiet)} there is something to report (order {order.order_id}) and nothing accepted: {ever}."
        yield Finding("nothing_accepted", what, step(quiet / limits.silence, LONGER), since=since)


def _acceptance(facts: Facts, limits: Limits, open_keys: Collection[str]) -> Iterator[Finding]:
    lately, before = facts.settled_lately, facts.settled_before
    if lately.total < ENOUGH_LATELY or before.total < ENOUGH_BEFORE:
        return
    drop = round(100 * (before.rate - lately.rate), 6)
    # Over only when it has risen again by half: else a rate near the limit would be raised and cleared all day.
    if drop < limits.drop / (2 if "acceptance:" in open_keys else 1):
        return
    what = (
        f"In the last 24 hours Aspire accepted {_percent(lately.rate)} of {lately.total} postbacks; in the week before "
        f"it was {_percent(before.rate)} of {before.total}."
    )
    yield Finding("acceptance", what, max(1, step(drop / limits.drop, (1, 2, 4))))


def _no_landings(facts: Facts, limits: Limits, now: datetime, open_keys: Collection[str]) -> Iterator[Finding]:
    missed = missed_landings(facts.landings, now=now)
    if missed is None:
        return
    if missed.expected < limits.landings and "no_landings:" not in open_keys:
        return
    what = (
        f"Nobody followed a creator's link for {span(now - missed.since)}; in the same hours of past weeks there were "
        f"about {round(missed.expected)} landings."
    )
    level = max(1, step(missed.expected / limits.landings, MISSED_MORE))
    yield Finding("no_landings", what, level, since=missed.since)


def _no_worker(facts: Facts, limits: Limits, now: datetime) -> Iterator[Finding]:
    due, beat = facts.oldest_due_at, facts.last_beat_at
    if due is None or not facts.is_delivered_by_workers or now - due < limits.worker:
        return
    if beat and now - beat < limits.worker:
        return  # one lives; what it does not deliver shows elsewhere
    seen = f"a worker was last seen {span(now - beat)} ago" if beat else "no worker has given a sign of life"
    what = f"The oldest postback is due for {span(now - due)} and nobody delivers it: {seen}."
    yield Finding("no_worker", what, step((now - due) / limits.worker, LONGER), since=due)


def _broken_hosts(facts: Facts, limits: Limits, now: datetime) -> Iterator[Finding]:
    for host in facts.broken_hosts:
        lasts = now - host.since
        if lasts >= limits.pause:
            what = f"{host.name} has been failing for {span(lasts)}: postbacks to it wait. The last try: {host.why}"
            yield Finding("paused_host", what, step(lasts / limits.pause, LONGER), host.name, host.since)


def _postbacks(group: Group) -> str:
    return f"{_some(group)} postbacks" if group.is_capped else count(group.number, "postback")


def _some(group: Group) -> str:
    return f"{'more than ' if group.is_capped else ''}{group.number}"


def _words(group: Group) -> str:
    return f" The latest: {group.why}" if group.why else ""


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f} %"
