"""The overview put together: seven queries, whatever there is to show."""

from dataclasses import dataclass
from datetime import datetime

from tracking.models import WorkerHeartbeat
from tracking.reports.overview import days, earners, figures, links, pulse, reading, setting_up, standings
from tracking.reports.overview.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """All that the page shows, as values; no text in it is escaped for HTML."""

    period: Period
    figures: tuple[figures.Figure, ...]
    days: days.Days
    share: earners.Share
    affiliates: tuple[earners.Line, ...]
    offers: tuple[earners.Line, ...]
    reasons: tuple[earners.Line, ...]
    times: pulse.Times | None
    strip: tuple[pulse.Cell, ...]
    strip_finding: str
    oldest: pulse.Oldest | None
    landings: pulse.Landings
    workers: tuple[pulse.Worker, ...]
    workers_url: str
    without_workers: str
    set_up: tuple[setting_up.SetUpStep, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing but the set-up to show."""
        return bool(self.set_up) and not self.strip and not self.reasons


def overview(period: Period, *, now: datetime) -> OverviewPage:
    """Read and add up what the page shows."""
    orders = reading.read_orders(period)
    standing = standings.read_standings(period)
    offers = reading.read_offers()
    credited = [row for row in orders if row.is_current and row.outcome == "credited"]
    best = reading.read_earners(period, earners.main_currencies(orders), earners.MOST) if credited else []
    cells = pulse.strip(reading.read_last_postbacks(), now=now)
    return OverviewPage(
        period=period,
        figures=figures.figures(orders, standing, period),
        days=days.days(orders, period),
        share=earners.share(orders, period),
        affiliates=earners.top_affiliates(best, reading.total(credited), period),
        offers=earners.top_offers(orders, offers, period),
        reasons=earners.reasons(orders, period),
        times=pulse.times(reading.read_times(period), period),
        strip=cells,
        strip_finding=pulse.strip_finding(cells),
        oldest=pulse.oldest(standing, offers, now=now),
        landings=pulse.landings(standing),
        workers=pulse.workers(WorkerHeartbeat.objects.order_by("-beat_at"), now=now),
        workers_url=links.of("workerheartbeat"),
        without_workers=pulse.without_workers(),
        set_up=setting_up.steps(offers),
    )
