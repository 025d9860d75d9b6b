"""The value that a shop's currency converter answers with (`TRACKING_CURRENCY_CONVERTER`)."""

import datetime
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """How many units of the currency asked for one unit of the order's currency is worth.

    `date` is the day that the rate is of, `source` says whose it is, for people to read ("European Central Bank").
    """

    rate: Decimal
    date: datetime.date
    source: str = ""
