"""Exchange rates: fetched, checked, stored whole, and used. The bank is a local server."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone
from djmoney.contrib.exchange.backends.base import BaseExchangeBackend
from djmoney.contrib.exchange.models import ExchangeBackend, Rate
from pytest_httpserver import HTTPServer

from tests.factories import ConversionFactory, OfferFactory, completed_order, visit_from
from tests.nginx import free_ports
from tracking import exchange
from tracking.checks import check_converter, check_settings
from tracking.conversions.ecb import RatesError, read_daily
from tracking.models import Postback
from tracking.signals import order_completed

TODAY = timezone.localdate()

PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
		<Cube time='{day}'>
			<Cube currency='USD' rate='1.0823'/>
			<Cube currency='JPY' rate='162.35'/>
			<Cube currency='GBP' rate='0.83428'/></Cube>
	</Cube>
</gesmes:Envelope>
"""


def page(day: date = TODAY) -> str:
    return PAGE.format(day=f"{day:%Y-%m-%d}")


@pytest.fixture
def bank(httpserver: HTTPServer) -> Callable[..., str]:
    """A bank whose page has this text; gives its address."""

    def serve(text: str | None = None, *, status: int = 200) -> str:
        httpserver.expect_request("/eurofxref-daily.xml").respond_with_data(text or page(), status=status)
        return httpserver.url_for("/eurofxref-daily.xml")

    return serve


def update(*args: str) -> str:
    told = StringIO()
    call_command("update_exchange_rates", *args, stdout=told)
    return told.getvalue()


def stored() -> dict[str, Decimal]:
    return dict(Rate.objects.values_list("currency", "value"))


# The page ---------------------------------------------------------------------------------------------------


def test_the_banks_page_is_read() -> None:
    daily = read_daily(page(date(2026, 11, 20)))
    assert daily.date == date(2026, 11, 20)
    assert daily.values == {"USD": Decimal("1.0823"), "JPY": Decimal("162.35"), "GBP": Decimal("0.83428")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not the ECB's page"),
        ("<html>Sorry</html>", "is not the ECB's page"),
        (page()[:-25], "was cut off"),
        (page().replace("'1.0823'", "'0'"), "the rate of USD is 0, which cannot be right"),
        (page().replace("'1.0823'", "'-1.0823'"), "the rate of USD is -1.0823"),
        (page().replace("'1.0823'", "'NaN'"), "the rate of USD is NaN"),
        (page().replace("'1.0823'", "'1,0823'"), "the rate of USD is '1,0823', which is no number"),
        (page().replace(" rate='1.0823'", ""), "the rate of USD is '', which is no number"),
        (page().replace("'JPY'", "'USD'"), "names 'USD' twice"),
        (page().replace("'JPY'", "'jpy'"), "'jpy' is no currency"),
        (page().replace("time=", "when="), "names 0 days"),
        (PAGE.format(day="yesterday"), "is of 'yesterday', which is no day"),
        ("<gesmes:Envelope><Cube time='2026-11-20'></Cube></gesmes:Envelope>", "not one rate"),
    ],
)
def test_a_page_with_anything_wrong_in_it_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RatesError, match=reason):
        read_daily(text)


# The command ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_stores_the_days_rates(bank: Any) -> None:
    told = update("--url", bank())
    assert told.startswith(f"European Central Bank: 3 rates of {TODAY:%Y-%m-%d} stored.")
    assert stored() == {"USD": Decimal("1.0823"), "JPY": Decimal("162.35"), "GBP": Decimal("0.83428")}
    backend = ExchangeBackend.objects.get()
    assert (backend.name, backend.base_currency) == ("European Central Bank", "EUR")
    assert backend.last_update == datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=15)


@pytest.mark.django_db
def test_running_it_again_changes_nothing(bank: Any) -> None:
    address = bank()
    update("--url", address)
    before = stored()
    update("--url", address)
    assert stored() == before


@pytest.mark.django_db
def test_rates_that_are_no_longer_named_are_gone(bank: Any) -> None:
    exchange.store_rates("European Central Bank", "EUR", {"RUB": Decimal(90)}, at=timezone.now() - timedelta(days=9))
    update("--url", bank())
    assert "RUB" not in stored()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "status"),
    [
        (page().replace("'1.0823'", "'0'"), 200),
        (page()[:-25], 200),
        (page(), 503),
        (page(TODAY + timedelta(days=3)), 200),
    ],
)
def test_nonsense_changes_nothing_and_exits_1(bank: Any, text: str, status: int) -> None:
    exchange.store_rates("European Central Bank", "EUR", {"USD": Decimal(2)}, at=timezone.now() - timedelta(days=9))
    with pytest.raises(CommandError, match="No rates were stored: ") as error:
        update("--url", bank(text, status=status))
    assert error.value.returncode == 1
    assert stored() == {"USD": Decimal(2)}


@pytest.mark.django_db
def test_a_bank_that_does_not_answer_is_told_in_one_line() -> None:
    [port] = free_ports(1)
    with pytest.raises(CommandError, match="did not answer: ") as error:
        update("--url", f"http://127.0.0.1:{port}/")
    assert error.value.returncode == 1


@pytest.mark.django_db
def test_older_rates_than_the_stored_ones_change_nothing(bank: Any) -> None:
    exchange.store_rates("European Central Bank", "EUR", {"USD": Decimal(2)}, at=timezone.now())
    assert "older than those stored" in update("--url", bank(page(TODAY - timedelta(days=2))))
    assert stored() == {"USD": Decimal(2)}


@pytest.mark.django_db
def test_an_address_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(CommandError, match="--url") as error:
        update("--url", "eurofxref")
    assert error.value.returncode == 2


@pytest.mark.django_db
def test_without_the_app_the_command_says_what_to_add(settings: Any) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    with pytest.raises(CommandError, match="is not in INSTALLED_APPS"):
        update()


@pytest.mark.django_db
def test_orders_that_waited_are_sent_with_the_new_rates(bank: Any, settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"
    OfferFactory()
    order_completed.send(sender=None, order=completed_order(currency="EUR"), request=visit_from("77"))
    assert Postback.objects.get().due_at is None
    assert "Postbacks that waited for a rate and are sent now: 1." in update("--url", bank())
    postback = Postback.objects.select_related("conversion").get()
    assert (postback.amount, postback.conversion.rate_source) == (Decimal("54.10"), "European Central Bank")
    assert postback.due_at


@pytest.mark.django_db
def test_a_currency_that_the_bank_does_not_name_is_pointed_out(bank: Any) -> None:
    OfferFactory(currency="KWD")
    assert "No rate among them for KWD: such orders wait." in update("--url", bank())


class OwnBackend(BaseExchangeBackend):
    name = "Own rates"

    def get_rates(self, **params: Any) -> dict[str, Any]:
        return {"EUR": Decimal("0.9"), "USD": 1}


class BrokenBackend(OwnBackend):
    def get_rates(self, **params: Any) -> dict[str, Any]:
        raise OSError("https://rates.example/?app_id=secret")


class WrongBackend(OwnBackend):
    def get_rates(self, **params: Any) -> dict[str, Any]:
        return {"EUR": Decimal("0.9"), "GBP": 0}


@pytest.mark.django_db
def test_a_backend_of_django_money_may_fetch_instead() -> None:
    assert update("--backend", f"{__name__}.OwnBackend").startswith("Own rates: 2 rates")
    assert stored() == {"EUR": Decimal("0.9"), "USD": Decimal(1)}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["BrokenBackend", "WrongBackend"])
def test_a_backend_that_fails_changes_nothing_and_tells_no_secret(name: str) -> None:
    with pytest.raises(CommandError, match="No rates were stored") as error:
        update("--backend", f"{__name__}.{name}")
    assert "secret" not in str(error.value)
    assert stored() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("args", [("--backend", "shop.nowhere"), ("--backend", "a.b", "--url", "https://x.example/")])
def test_what_cannot_be_right_is_wrong_usage(args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as error:
        update(*args)
    assert error.value.returncode == 2


# A rate that jumps -------------------------------------------------------------------------------------------


def stored_yesterday(**values: str) -> None:
    numbers = {currency: Decimal(value) for currency, value in values.items()}
    exchange.store_rates("European Central Bank", "EUR", numbers, at=timezone.now() - timedelta(days=1))


@pytest.mark.django_db
@pytest.mark.parametrize("usd", ["10.823", "0.10823", "1.7"])
def test_a_rate_that_jumps_is_refused_with_both_numbers(bank: Any, usd: str) -> None:
    OfferFactory()
    stored_yesterday(USD="1.08", JPY="162")
    with pytest.raises(CommandError, match="No rates were stored: ") as error:
        update("--url", bank(page().replace("1.0823", usd)))
    assert f"the rate of USD is {usd}, and was 1.08 " in str(error.value)
    assert "--accept-jumps" in str(error.value)
    assert error.value.returncode == 1
    assert stored() == {"USD": Decimal("1.08"), "JPY": Decimal(162)}


@pytest.mark.django_db
def test_a_jump_that_a_person_vouches_for_is_stored(bank: Any) -> None:
    OfferFactory()
    stored_yesterday(USD="0.5")
    update("--url", bank(), "--accept-jumps")
    assert stored()["USD"] == Decimal("1.0823")


@pytest.mark.django_db
def test_a_currency_that_no_order_is_in_may_jump(bank: Any) -> None:
    """Among all the world's currencies one always does."""
    OfferFactory()
    stored_yesterday(USD="1.08", JPY="1.62")
    update("--url", bank())
    assert stored()["JPY"] == Decimal("162.35")


@pytest.mark.django_db
def test_the_currency_of_orders_that_were_converted_may_not_jump(bank: Any) -> None:
    offer = OfferFactory()
    ConversionFactory(offer=offer, currency="JPY")
    stored_yesterday(USD="1.08", JPY="1.62")
    with pytest.raises(CommandError, match=r"the rate of JPY is 162\.35, and was 1\.62 "):
        update("--url", bank())


# The converter ----------------------------------------------------------------------------------------------


def store(base: str = "EUR", name: str = "European Central Bank", *, days_ago: int = 0, **values: str) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    exchange.store_rates(name, base, {currency: Decimal(value) for currency, value in values.items()}, at=at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("EUR", "USD", Decimal("1.0823")),
        ("USD", "EUR", 1 / Decimal("1.0823")),
        ("JPY", "USD", Decimal("1.0823") / Decimal("162.35")),
        ("EUR", "KWD", None),
        ("KWD", "BHD", None),
    ],
)
def test_rates_are_read_both_ways_and_by_way_of_the_base(source: str, target: str, expected: Decimal | None) -> None:
    store(USD="1.0823", JPY="162.35")
    found = exchange.stored_rate(source, target, TODAY)
    assert (found.rate if found else None) == expected


@pytest.mark.django_db
def test_the_newest_set_that_knows_both_is_used() -> None:
    store(USD="1.01", days_ago=3)
    store("USD", "Own rates", EUR="0.5", days_ago=1)
    store("USD", "Of today", GBP="0.7")
    found = exchange.stored_rate("EUR", "USD", TODAY)
    assert found
    assert (found.rate, found.source) == (Decimal(2), "Own rates")


@pytest.mark.django_db
def test_a_stored_zero_is_no_rate() -> None:
    store(USD="0")
    assert exchange.stored_rate("EUR", "USD", TODAY) is None


@pytest.mark.django_db
def test_the_converter_asks_the_database_once(django_assert_num_queries: Any) -> None:
    store(USD="1.0823")
    with django_assert_num_queries(1):
        exchange.stored_rate("EUR", "USD", TODAY)


def test_without_the_app_the_converter_says_what_to_add(settings: Any) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    with pytest.raises(ImproperlyConfigured, match="is not in INSTALLED_APPS"):
        exchange.stored_rate("EUR", "USD", TODAY)


def test_nothing_of_django_money_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['tracking', 'django.contrib.auth', 'django.contrib.contenttypes']);"
        "import django; django.setup();"
        "import tracking.exchange, tracking.management.commands.update_exchange_rates;"
        "print([name for name in sys.modules if name.startswith('djmoney')])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


# Checks -----------------------------------------------------------------------------------------------------


def test_the_converter_without_the_app_is_told_with_what_to_do(settings: Any) -> None:
    settings.TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"
    assert check_converter(None) == []
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    (message,) = check_converter(None)
    assert message.id == "tracking.E008"
    assert message.hint


def test_a_converter_of_ones_own_needs_no_app(settings: Any) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "djmoney.contrib.exchange"]
    settings.TRACKING_CURRENCY_CONVERTER = lambda *_question: None
    assert check_converter(None) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKING_CURRENCY_CONVERTER", "shop.nowhere"),
        ("TRACKING_CURRENCY_CONVERTER", 5),
        ("TRACKING_RATE_MAX_AGE_DAYS", 0),
        ("TRACKING_RATE_MAX_AGE_DAYS", -1),
        ("TRACKING_RATE_MAX_AGE_DAYS", "7"),
    ],
)
def test_a_wrong_setting_is_told(settings: Any, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert check_converter(None) == []
    (message,) = check_settings(None)
    assert name in message.msg
