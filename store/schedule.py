"""When a subscription renews, and when an unpaid renewal is charged again. Plain rules on the times given."""

from calendar import monthrange
from datetime import datetime, timedelta

# After each charge that failed, how long until the next step. After the last wait it is given up.
_WAITS = (timedelta(days=1), timedelta(days=3), timedelta(days=5), timedelta(days=5))
CHARGES = len(_WAITS)
LEASE = timedelta(hours=1)
"""How long a charge under way is left alone; then somebody asks what became of it. Stripe keeps its keys for a day."""


def month_after(moment: datetime, day: int) -> datetime:
    """The same time of day a month later, on `day` or, in a shorter month, on its last: 31 January, 28 February."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(day, monthrange(year, month)[1]))


def next_renewal(renews_at: datetime, day: int, now: datetime) -> datetime:
    """The renewal after this one. What a stopped cron missed is skipped: nobody gets three parcels at once."""
    following = month_after(renews_at, day)
    while following <= now:
        following = month_after(following, day)
    return following


def wait_after(charges: int) -> timedelta:
    """How long to wait after the `charges`-th charge of a renewal, 1 being the first."""
    return _WAITS[min(charges, CHARGES) - 1]
