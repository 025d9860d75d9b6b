"""The receipt as people read it: what the order came to, what of it counts, and how that became the number sent."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from tracking.conversions import receipts
from tracking.models import Conversion, Offer, Postback
from tracking.reports.story import Fact, ReceiptLine
from tracking.reports.wording import money


@dataclass(frozen=True, slots=True)
class _Conversion:
    """How the amount that counts became the number to send."""

    base: Decimal
    number: Decimal
    currency: str
    offer_currency: str
    rate: Decimal | None
    """None where the two currencies are the same."""

    @property
    def exact(self) -> Decimal:
        """The number before it is rounded."""
        with localcontext(prec=60):
            return self.base * (self.rate or 1)

    @property
    def is_rounded(self) -> bool:
        return self.exact != self.number


def receipt_lines(conversion: Conversion, postback: Postback | None) -> tuple[ReceiptLine, ...]:
    """What the order came to, and what of it is reported, line by line."""
    return (*_ordered(conversion), *(_reported(conversion, postback) if postback else ()))


def receipt_facts(conversion: Conversion, postback: Postback | None) -> tuple[Fact, ...]:
    """The same for a terminal, with the whole of it in a sentence."""
    lines = [Fact(line.label, ", ".join(filter(None, (line.figure, line.remark)))) for line in _ordered(conversion)]
    if postback is None:
        return tuple(lines)
    lines += [Fact(line.label, ", ".join(filter(None, (line.figure, line.remark)))) for line in _end(postback)]
    return (*lines, Fact("How", _sentence(conversion, postback)))


def _ordered(conversion: Conversion) -> tuple[ReceiptLine, ...]:
    total = conversion.items_total + conversion.shipping + conversion.tax
    parts = (
        ("Goods", conversion.items_total, "after discounts"),
        ("Discount", conversion.discount, "already taken off the goods"),
        ("Shipping", conversion.shipping, ""),
        ("Tax", conversion.tax, ""),
        ("Total", total if total != conversion.items_total else Decimal(0), ""),
    )
    return tuple(
        ReceiptLine(label, money(amount, conversion.currency), remark)
        for label, amount, remark in parts
        if amount or label == "Goods"
    )


def _reported(conversion: Conversion, postback: Postback) -> tuple[ReceiptLine, ...]:
    lines = []
    if basis := _basis(conversion, postback):
        base = conversion.base_amount
        counted = receipts.ordered(conversion, basis) if base is None else base
        lines.append(ReceiptLine("Counted", money(counted, conversion.currency), Offer.AmountBasis(basis).label))
    done = _done(conversion)
    if done and done.rate is not None:
        lines.append(ReceiptLine("Rate", _rate(done), _whose(conversion)))
    if done and done.is_rounded:
        lines.append(ReceiptLine("Exactly", money(done.exact, done.offer_currency), "rounded once, half up"))
    if done and postback.amount_left is not None:
        whole = money(done.number, done.offer_currency)
        left = money(receipts.left(conversion, conversion.amount_basis), conversion.currency)
        lines += [ReceiptLine("Whole order", whole, ""), ReceiptLine("Left", left, "of what counts, after refunds")]
    return (*lines, *_end(postback))


def _end(postback: Postback) -> tuple[ReceiptLine, ...]:
    if postback.offer.kind == Offer.Kind.LEAD:
        return (ReceiptLine("Reported", "no amount: the offer pays for leads", "", is_result=True),)
    if postback.amount is None:
        return (ReceiptLine("Reported", "nothing yet", "", is_result=True),)
    return (ReceiptLine("Reported", money(postback.amount, postback.currency), "", is_result=True),)


def _sentence(conversion: Conversion, postback: Postback) -> str:
    if postback.offer.kind == Offer.Kind.LEAD:
        return "The offer pays for leads: no amount is sent."
    basis = _basis(conversion, postback)
    what = Offer.AmountBasis(basis).label
    counted = f"{what[:1].lower()}{what[1:]}"
    if basis != postback.offer.amount_basis:
        counted += ", as the offer said when the order was recorded"
    done = _done(conversion)
    if done is None:
        base = conversion.base_amount
        amount = money(receipts.ordered(conversion, basis) if base is None else base, conversion.currency)
        return f"{amount} count ({counted}); " + (
            "that is sent." if postback.amount else "what is sent is not known yet."
        )
    sentence = f"{money(done.base, done.currency)} count ({counted})"
    if done.rate is not None:
        sentence += f", which at {_rate(done)} ({_whose(conversion)}) are {money(done.exact, done.offer_currency)}"
    rounded = f", rounded half up to {money(done.number, done.offer_currency)}" if done.is_rounded else ""
    if postback.amount_left is None:
        return f"{sentence}{rounded}."
    left = money(receipts.left(conversion, basis), conversion.currency)
    return f"{sentence}{rounded}. Refunds left {left} of it, or {money(postback.amount_left, done.offer_currency)}."


def _basis(conversion: Conversion, postback: Postback) -> str:
    """As it was frozen; an order recorded before there were receipts went by its offer."""
    if postback.offer.kind == Offer.Kind.LEAD:
        return ""
    return conversion.amount_basis or postback.offer.amount_basis


def _done(conversion: Conversion) -> _Conversion | None:
    if conversion.base_amount is None or conversion.reported_amount is None or conversion.rate is None:
        return None
    is_same = conversion.currency == conversion.offer_currency
    return _Conversion(
        conversion.base_amount,
        conversion.reported_amount,
        conversion.currency,
        conversion.offer_currency,
        None if is_same else conversion.rate,
    )


def _rate(done: _Conversion) -> str:
    assert done.rate is not None  # noqa: S101 - asked for only where there is one
    return f"{done.rate.normalize():f} {done.offer_currency} for 1 {done.currency}"


def _whose(conversion: Conversion) -> str:
    day = f"of {conversion.rate_date:%Y-%m-%d}" if conversion.rate_date else ""
    return ", ".join(filter(None, (day, conversion.rate_source)))
