"""`explain_order`: the whole story of an order, as text."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone

from tracking.management.base import TrackingCommand, wrong_usage
from tracking.reports.explain import explain
from tracking.reports.story import AttemptStory, Fact, MessageStory, OrderStory

WIDTH: Final = 110  # characters of a line; URLs are not broken
LABEL_WIDTH: Final = 14


class Command(TrackingCommand):
    """Print what tracking knows of an order. Ends with 1 if that is nothing."""

    help = "Tell the whole story of an order: click, attribution, amount, postback, attempts, what happens next."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The shop's own order number, as it stands."""
        parser.add_argument("order_id", metavar="ORDER_ID", help="The shop's own order number, for example 1001.")

    def handle(self, *args: Any, order_id: str, **options: Any) -> None:
        """Print the story."""
        if not order_id.strip():
            raise wrong_usage("The order number is empty: give the shop's own, for example 1001.")
        story = explain(order_id, now=timezone.now())
        if not story.is_known:
            raise CommandError(_printable(story.note))
        if story.note:
            self._print([f"Order {story.order_id}", *_wrapped(story.note)])
            self._print(_section("Remembered", story.remembered))
        for order in story.orders:
            self._print(_order(order))

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(_printable(line))


def _order(order: OrderStory) -> Iterator[str]:
    yield f"{'Test' if order.is_test else 'Order'} {order.order_id}"
    yield from _section("Click", order.click)
    yield from _section("Attribution", order.decision)
    yield from _section("Looked at", order.looked_at)
    yield from _section("Amount", order.amount)
    yield from _section("Refunds", order.refunds)
    if order.postback:
        yield from _postback(order.postback)
    if order.details:
        yield from _details(order.details)
    what_to_do = order.postback.hint if order.postback else ""
    yield from _section("What now", _facts_of(("Next", order.next_step), ("What to do", what_to_do)))
    yield ""


def _postback(postback: MessageStory) -> Iterator[str]:
    yield from _section("Postback", postback.facts)
    for attempt in postback.attempts:
        yield from _section(f"Attempt {attempt.number}", _attempt(attempt))


def _details(details: MessageStory) -> Iterator[str]:
    yield from _section("Order details", (*details.facts, *_facts_of(("What to do", details.hint))))
    for attempt in details.attempts:
        yield from _section(f"Order details, attempt {attempt.number}", _attempt(attempt))


def _attempt(attempt: AttemptStory) -> list[Fact]:
    return _facts_of(
        ("Time", f"{attempt.when}{f', took {attempt.took}' if attempt.took else ''}"),
        ("URL", attempt.url),
        ("Answer", f"HTTP {attempt.http_status}" if attempt.http_status else "none"),
        ("Aspire said", attempt.reply),
        ("Detail", attempt.detail),
        ("Verdict", f"{attempt.verdict_label}. {attempt.meaning}"),
        ("Too late", "It came after everything had been settled, and changed nothing." if attempt.is_late else ""),
    )


def _facts_of(*pairs: tuple[str, str]) -> list[Fact]:
    return [Fact(label, text) for label, text in pairs if text]


def _section(title: str, facts: Iterable[Fact]) -> Iterator[str]:
    rows = list(facts)
    if not rows:
        return
    yield ""
    yield title
    for fact in rows:
        first, *more = wrap(fact.text, WIDTH - LABEL_WIDTH - 2, break_long_words=False, break_on_hyphens=False) or [""]
        yield f"  {fact.label:<{LABEL_WIDTH}}{first}"
        for line in more:
            yield f"{'':<{LABEL_WIDTH + 2}}{line}"


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _printable(text: str) -> str:
    """Ids and replies come from outside: what would steer the terminal is shown by its number."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
