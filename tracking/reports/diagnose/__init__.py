"""Is this set-up in order? Each check gives a result: ok, a warning or a fault, with the evidence and what to do."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError

from tracking.conf import conf
from tracking.postbacks.visits import Visitor, is_private
from tracking.reports.diagnose import delivery, landing, setup
from tracking.reports.diagnose.results import Level, Result, fault, warning

__all__ = ["Level", "Result", "bad_id", "diagnose"]

Check = Callable[[], Iterator[Result]]

bad_id = landing.bad_id


def diagnose(*, url: str, host: str, cookies: str, now: datetime) -> Iterator[Result]:
    """Check the whole set-up, and with a `url` (whose host is `host`) the landing; results come as they are found."""
    yield from _guarded(setup.check_settings)
    is_database_up = True
    for result in _guarded(setup.check_database):
        is_database_up = result.level is not Level.FAULT
        yield result
    if not is_database_up:
        yield warning("All else", "Not checked: it needs the database.", "Mend that first, then run this again.")
        return
    for check in _checks(url=url, host=host, cookies=cookies, now=now):
        yield from _guarded(check)


def _checks(*, url: str, host: str, cookies: str, now: datetime) -> Iterator[Check]:
    yield setup.check_offers
    yield lambda: setup.check_landings(now)
    yield lambda: setup.check_orders(now)
    yield lambda: delivery.check_engine(now)
    yield lambda: delivery.check_outbox(now)
    to_aspire = Visitor(is_private_allowed=lambda name: name in conf.private_hosts)
    yield lambda: delivery.check_hosts(to_aspire.reach)
    to_aspire.close()
    if url:
        may_be_private = is_private(host)
        to_shop = Visitor(is_private_allowed=lambda _name: may_be_private)
        yield lambda: landing.check_landing(url, visitor=to_shop, cookies=cookies, now=now)
        to_shop.close()


def _guarded(check: Check) -> Iterator[Result]:
    """One check that cannot be made must not keep the others from being made."""
    try:
        yield from check()
    except (DatabaseError, InterfaceError) as error:
        first_line = str(error).strip().partition("\n")[0]
        yield fault(
            setup.DATABASE,
            f"It cannot be used: {first_line}.",
            "Check the database settings and that it runs, and run manage.py migrate.",
        )
    except ImproperlyConfigured as error:
        yield fault(setup.SETTINGS, str(error), "See the settings table in the README.")
