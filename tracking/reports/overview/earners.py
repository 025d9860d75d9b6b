"""Who earned what: affiliates' sales against organic ones, the top affiliates and offers, why others earned nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tracking.models import Conversion, Offer
from tracking.reports import charts
from tracking.reports.overview import links
from tracking.reports.overview.figures import goods
from tracking.reports.overview.period import Period
from tracking.reports.overview.reading import Earner, Orders, total
from tracking.reports.wording import grouped, money_grouped, percent

MOST: Final = 5  # affiliates, and offers
CURRENCIES: Final = 4

Outcome = Conversion.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table: a name with its orders and what their goods came to."""

    name: str
    orders: str
    share: str
    goods: tuple[str, ...]
    """By currency."""
    url: str
    kind: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Affiliates' sales against organic ones: parts of a bar, by goods where there is one currency, else by orders."""

    lines: tuple[Line, ...]
    bar: tuple[charts.Part, ...]
    """Lying down: `y` is where a part begins, `height` how long it is."""
    finding: str


def share(orders: Sequence[Orders], period: Period) -> Share:
    """Credited orders, organic ones, and those that an affiliate sent and did not earn."""
    current = _current(orders)
    groups: tuple[tuple[str, str, tuple[Outcome, ...]], ...] = (
        ("credited", "Through affiliates", (Outcome.CREDITED,)),
        ("organic", "Organic", (Outcome.ORGANIC,)),
        ("others", "Neither: see why below", (Outcome.EXPIRED, Outcome.NO_CONSENT, *_UNEARNED)),
    )
    all_orders = total(current)
    lines, bar, begun = [], [], 0
    for kind, name, outcomes in groups:
        rows = [row for row in current if row.outcome in outcomes]
        number = total(rows)
        wide = charts.WIDTH * number // all_orders if all_orders else 0
        bar.append(charts.Part(kind, begun, wide))
        begun += wide
        lookup = {"outcome__in": ",".join(outcomes)} if len(outcomes) > 1 else {"outcome__exact": outcomes[0].value}
        lines.append(
            Line(
                kind=kind,
                name=name,
                orders=grouped(number),
                share=percent(number, all_orders) or "0 %",
                goods=_told(goods(rows)),
                url=links.conversions(period.start, period.end, **lookup),
            )
        )
    finding = f"Affiliates sent {lines[0].share} of {grouped(all_orders)} orders; {lines[1].share} were organic."
    return Share(lines=tuple(lines), bar=tuple(bar), finding=finding if all_orders else "No order yet.")


_UNEARNED: Final = (Outcome.UNKNOWN_OFFER, Outcome.EXCLUDED)


def top_affiliates(earners: Iterable[Earner], credited: int, period: Period) -> tuple[Line, ...]:
    """The best affiliates, each with its share of all credited orders."""
    return tuple(
        Line(
            name=earner.affiliate_id or "none named",
            orders=grouped(earner.orders),
            share=percent(earner.orders, credited),
            goods=_told(dict(earner.goods)),
            url=links.conversions(
                period.start, period.end, outcome__exact="credited", affiliate_id__exact=earner.affiliate_id
            ),
        )
        for earner in earners
    )


def top_offers(orders: Sequence[Orders], offers: Iterable[Offer], period: Period) -> tuple[Line, ...]:
    """The offers with the most credited orders."""
    current = [row for row in _current(orders) if row.outcome == Outcome.CREDITED]
    names = {offer.pk: str(offer) for offer in offers}
    numbers = {pk: total(row for row in current if row.offer == pk) for pk in {row.offer for row in current}}
    best = sorted(numbers.items(), key=lambda pair: (-pair[1], names.get(pair[0] or 0, "")))[:MOST]
    return tuple(
        Line(
            name=names.get(pk or 0, "gone"),
            orders=grouped(number),
            share=percent(number, total(current)),
            goods=_told(goods(row for row in current if row.offer == pk)),
            url=links.conversions(period.start, period.end, outcome__exact="credited", offer__id__exact=str(pk)),
        )
        for pk, number in best
    )


def reasons(orders: Sequence[Orders], period: Period) -> tuple[Line, ...]:
    """Every outcome, and where an outcome has several kinds of reason each of them."""
    current = _current(orders)
    lines = []
    for outcome in Outcome:
        same = [row for row in current if row.outcome == outcome]
        for cause in sorted({row.cause for row in same}):
            rows = [row for row in same if row.cause == cause]
            lines.append(
                Line(
                    kind=outcome.value,
                    name=str(outcome.label),
                    why=str(Conversion.Cause(cause).label) if cause else "",
                    orders=grouped(total(rows)),
                    share=percent(total(rows), total(current)),
                    goods=_told(goods(rows)),
                    url=links.conversions(
                        period.start,
                        period.end,
                        outcome__exact=outcome.value,
                        **({"cause__exact": cause} if cause else {}),
                    ),
                )
            )
    return tuple(lines)


def main_currencies(orders: Sequence[Orders]) -> list[str]:
    """The currencies of the credited orders, the commonest first."""
    return list(goods(row for row in _current(orders) if row.outcome == Outcome.CREDITED))[:CURRENCIES]


def _current(orders: Iterable[Orders]) -> list[Orders]:
    return [row for row in orders if row.is_current]


def _told(by_currency: dict[str, Decimal]) -> tuple[str, ...]:
    return tuple(money_grouped(amount, currency) for currency, amount in by_currency.items())
