"""Exchange rates read from the bank's page, checked, and stored whole."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone
from djmoney.contrib.exchange.backends.base import BaseExchangeBackend
from djmoney.contrib.exchange.models import ExchangeBackend

from tests.factories import OfferFactory, completed_order, visit_from
from tests.nginx import free_ports
from tests.tracking.exchange.steps import PAGE, TODAY, page, stored, update
from tracking import exchange
from tracking.conversions.ecb import RatesError, read_daily
from tracking.models import Postback
from tracking.signals import order_completed

# The page -----------------------------------------------------------------------------------------------------


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


# The command --------------------------------------------------------------------------------------------------


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
