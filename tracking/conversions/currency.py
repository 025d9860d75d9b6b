"""Asking the shop's converter for a rate: whatever it does, the checkout goes on and nothing wrong is multiplied."""

import logging
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone

from tracking.conf import conf
from tracking.conversions.amounts import RATE_STORED
from tracking.currency import ExchangeRate

logger = logging.getLogger(__name__)

RATE_LIMIT: Final = Decimal(10) ** 10  # the first rate that the ledger cannot hold
KEPT_SOURCE: Final = 100  # characters
AHEAD: Final = timedelta(hours=14)  # somewhere it is that much later than UTC: no rate of today is of the future


@dataclass(frozen=True, slots=True)
class NoRate:
    """Why there is none, to go after “The order is in EUR, the offer in USD, and”."""

    reason: str


def find_rate(source: str, target: str, *, completed_at: datetime, now: datetime) -> ExchangeRate | NoRate:
    """The rate from `source` to `target` for an order completed then. Never raises for what the converter does."""
    on = timezone.localdate(min(completed_at, now))
    try:
        convert = conf.currency_converter
        if convert is None:
            return NoRate("nothing here converts: Aspire would book the number as it stands.")
        # A converter whose query fails must not spoil the order's transaction.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            found = convert(source, target, on)
        max_age = timedelta(days=conf.rate_max_age_days)
    except ImproperlyConfigured as error:
        return NoRate(f"there is no converter: {error}")
    except Exception as error:
        logger.exception("The currency converter failed for %s to %s.", source, target)
        return NoRate(f"the converter failed with {type(error).__name__}: see the log.")
    return check_rate(found, on=on, today=(now + AHEAD).date(), max_age=max_age)


def check_rate(found: object, *, on: date, today: date, max_age: timedelta) -> ExchangeRate | NoRate:
    """A converter's answer for an order of the day `on`, as it can be kept; or what is wrong with it."""
    if found is None:
        return NoRate("there is no exchange rate between them yet.")
    if not isinstance(found, ExchangeRate):
        return NoRate(f"the converter gave a {type(found).__name__}, not an ExchangeRate.")
    rate: object = found.rate
    if isinstance(rate, bool) or not isinstance(rate, Decimal | int):  # a float is not exact
        return NoRate(f"the converter gave a rate that is a {type(rate).__name__}, not a Decimal.")
    rate = Decimal(rate)
    if not rate.is_finite() or not 0 < rate < RATE_LIMIT or rate < RATE_STORED:
        return NoRate(f"the converter gave the rate {rate}, which cannot be right.")
    day: object = found.date
    if isinstance(day, datetime):
        day = day.date()
    if not isinstance(day, date):
        return NoRate(f"the converter gave a rate whose date is a {type(day).__name__}.")
    if day > today:
        return NoRate(f"the converter gave a rate of {day:%Y-%m-%d}, which is still to come.")
    if on - day > max_age:
        return NoRate(
            f"the newest exchange rate is of {day:%Y-%m-%d}, more than {_days(max_age.days)} before the order."
        )
    source = "".join(char for char in str(found.source) if char.isprintable())[:KEPT_SOURCE]
    return ExchangeRate(rate.quantize(RATE_STORED, rounding=ROUND_HALF_UP), day, source)


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
