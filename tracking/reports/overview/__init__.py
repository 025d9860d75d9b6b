"""The overview: is it working, who earned what, what needs a person. `overview` reads it, the admin shows it."""

from tracking.reports.overview.page import OverviewPage, overview
from tracking.reports.overview.period import Period, from_day_to_day, last_days, last_hours

__all__ = ["OverviewPage", "Period", "from_day_to_day", "last_days", "last_hours", "overview"]
