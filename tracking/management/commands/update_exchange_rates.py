"""`update_exchange_rates`: fetch the day's rates, for cron; orders that waited for one are sent."""

import datetime
from argparse import ArgumentParser
from collections.abc import Mapping
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.module_loading import import_string

from tracking import exchange
from tracking.conversions import ecb
from tracking.management.base import TrackingCommand, one_line, wrong_usage
from tracking.models import Conversion, Offer
from tracking.postbacks import delivery, engines, outbox, template
from tracking.postbacks.verdicts import NoReply

ECB_NAME: Final = "European Central Bank"
LATELY: Final = datetime.timedelta(days=90)
PUBLISHED_AT: Final = datetime.time(15, tzinfo=datetime.UTC)  # about 16:00 in Frankfurt


class Command(TrackingCommand):
    """Store the day's rates, all or none. Safe to run as often as wanted."""

    help = "Fetch exchange rates (by default the European Central Bank's) and send the orders that waited for them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without options the European Central Bank's rates, which need no key."""
        parser.add_argument(
            "--backend",
            metavar="PATH",
            help="A backend of django-money in its place, such as "
            "djmoney.contrib.exchange.backends.OpenExchangeRatesBackend.",
        )
        parser.add_argument("--url", help="Where to fetch the European Central Bank's page (a mirror, a test).")
        parser.add_argument(
            "--accept-jumps", action="store_true", help="You say that a rate is right which changed by half and more."
        )

    def handle(
        self, *args: Any, backend: str | None, url: str | None, accept_jumps: bool = False, **options: Any
    ) -> None:
        """Exit 1 when there are no rates to store; what was stored before stays."""
        exchange.check_installed()
        if backend and url:
            raise wrong_usage("Give --backend or --url: the address is that of the European Central Bank's page.")
        now = timezone.now()
        try:
            name, base, values, at = _ask_backend(backend, now) if backend else _fetch_ecb(url or ecb.URL)
            if at > now + datetime.timedelta(days=1):
                raise ecb.RatesError(f"the rates are of {at:%Y-%m-%d}, which is still to come.")
            wanted = _wanted(now)
            if not accept_jumps:
                ecb.check_jumps(values, before=exchange.stored_rates(name, base), among=wanted)
        except ecb.RatesError as error:
            raise CommandError(f"No rates were stored: {one_line(str(error))}") from None
        if exchange.store_rates(name, base, values, at=at):
            self.stdout.write(f"{name}: {len(values)} rates of {at:%Y-%m-%d} stored.")
        else:
            self.stdout.write(f"{name}: the rates of {at:%Y-%m-%d} are older than those stored; nothing was changed.")
        if missing := sorted(wanted - {base, *values}):
            self.stdout.write(self.style.WARNING(f"No rate among them for {', '.join(missing)}: such orders wait."))
        if released := outbox.work_out_waiting(now=now):
            engines.kick()
            self.stdout.write(f"Postbacks that waited for a rate and are sent now: {released}.")


def _fetch_ecb(url: str) -> tuple[str, str, Mapping[str, Decimal], datetime.datetime]:
    try:
        host = template.parse(url).host
    except template.TemplateError as error:
        raise wrong_usage(f"--url: {error}") from None
    transport = delivery.open_transport()
    try:
        reply = transport.get(url, host=host)
    finally:
        transport.close()
    if isinstance(reply, NoReply):
        raise ecb.RatesError(f"{host} did not answer: {reply.error}")
    if reply.http_status != 200 or not reply.is_complete:
        raise ecb.RatesError(f"{host} answered with HTTP {reply.http_status}, or not to the end.")
    daily = ecb.read_daily(reply.body)
    return ECB_NAME, ecb.BASE, daily.values, datetime.datetime.combine(daily.date, PUBLISHED_AT)


def _ask_backend(path: str, now: datetime.datetime) -> tuple[str, str, Mapping[str, Decimal], datetime.datetime]:
    """Let a backend of django-money fetch, but store nothing by itself: it would store a zero as well."""
    from djmoney import settings as money_settings

    try:
        made = import_string(path)()
    except ImportError as error:
        raise wrong_usage(f"--backend is {path!r}, which cannot be imported: {error}.") from None
    base = str(money_settings.BASE_CURRENCY)
    try:
        found = made.get_rates(**{**made.get_params(), "base_currency": base})
    except Exception as error:  # noqa: BLE001 - somebody else's code and network; its words may hold its key
        raise ecb.RatesError(f"{path} failed with {type(error).__name__}.") from None
    values = ecb.check_values({str(currency): Decimal(str(value)) for currency, value in dict(found).items()})
    return str(made.name), base, values, now


def _wanted(now: datetime.datetime) -> set[str]:
    """The currencies that offers book in, those of orders that wait, and those of orders credited lately."""
    offers = Offer.objects.filter(is_active=True, kind=Offer.Kind.SALE).values_list("currency", flat=True)
    waiting = Conversion.objects.filter(postback__in=outbox.waiting_for_rate())
    lately = Conversion.objects.filter(
        outcome=Conversion.Outcome.CREDITED, is_test=False, completed_at__gte=now - LATELY, offer__kind=Offer.Kind.SALE
    )
    of_orders = (rows.order_by().values_list("currency", flat=True).distinct() for rows in (waiting, lately))
    return {*offers, *chain.from_iterable(of_orders)}
