"""People, not devices: a signed-in customer's clicks are kept with the customer and count on every device."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test import Client

from tests.factories import OfferFactory, completed_order, visit_from
from tracking.attribution import remember
from tracking.capture.customers import customers_clicks, keep_with_customer
from tracking.models import Conversion, CustomerClicks
from tracking.signals import order_completed

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
User = get_user_model()


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def opted_in(settings: Any) -> None:
    settings.TRACKING_CUSTOMERS = True


@pytest.fixture(autouse=True)
def offer() -> Any:
    return OfferFactory()


def land(client: Client, affiliate_id: str, offer_id: str = "") -> None:
    client.get("/plain/", {"affiliate_id": affiliate_id, **({"offer_id": offer_id} if offer_id else {})})


def customer_id() -> str:
    return str(User.objects.get(username="ada").pk)


def complete(order_id: str = "1001", **values: Any) -> Conversion:
    order = completed_order(order_id=order_id, **values)
    order_completed.send(sender=None, order=order, request=values.get("request"))
    return Conversion.objects.get(order_id=order_id)


def result(conversion: Conversion) -> tuple[str, str, str]:
    return conversion.outcome, conversion.affiliate_id, conversion.source


def test_a_click_made_while_signed_in_counts_on_another_device(client: Client) -> None:
    phone, laptop = client, Client()
    phone.get("/login/")
    land(phone, "77")
    laptop.get("/login/")
    laptop.get("/place/1001/")
    assert result(complete()) == ("credited", "77", "remembered")


def test_a_click_made_before_signing_in_is_the_customers_from_then_on(client: Client) -> None:
    phone, laptop = client, Client()
    land(phone, "77")
    assert not CustomerClicks.objects.exists()
    phone.get("/login/")
    laptop.get("/login/")
    laptop.get("/place/1001/")
    assert complete().affiliate_id == "77"


def test_a_click_counts_after_logout_where_the_order_names_the_customer(client: Client) -> None:
    client.get("/login/")
    land(client, "77")
    client.get("/logout/")
    conversion = complete(customer_id=customer_id())
    assert result(conversion) == ("credited", "77", "customer")
    assert [entry["place"] for entry in conversion.considered] == ["customer"]


def test_a_guests_order_that_turns_out_to_be_a_customers_has_the_customers_click(client: Client) -> None:
    client.get("/login/")
    land(client, "77")
    Client().get("/place/1001/")
    conversion = complete(customer_id=customer_id())
    assert result(conversion) == ("credited", "77", "customer")
    assert [(entry["place"], entry["result"]) for entry in conversion.considered] == [
        ("customer", "chosen"),
        ("cookie", "empty"),
        ("session", "empty"),
    ]


def test_a_click_made_after_the_order_was_placed_does_not_earn_it(client: Client, clock: Any) -> None:
    Client().get("/place/1001/")
    clock.shift(HOUR)
    client.get("/login/")
    land(client, "77")
    assert complete(customer_id=customer_id()).outcome == "organic"


@pytest.mark.parametrize(("attribution", "affiliate_id"), [("last", "2"), ("first", "1")])
def test_the_last_or_the_first_click_counts_across_devices(
    client: Client, clock: Any, settings: Any, attribution: str, affiliate_id: str
) -> None:
    settings.TRACKING_ATTRIBUTION = attribution
    phone, laptop = client, Client()
    phone.get("/login/")
    land(phone, "1")
    clock.shift(HOUR)
    land(laptop, "2")
    laptop.get("/login/")
    laptop.get("/place/1001/")
    assert complete().affiliate_id == affiliate_id


def test_the_device_beats_the_customer_where_its_click_came_later(client: Client, clock: Any) -> None:
    client.get("/login/")
    land(client, "1")
    clock.shift(HOUR)
    guest = Client()
    land(guest, "2")
    guest.get("/place/1001/")
    assert result(complete(customer_id=customer_id())) == ("credited", "2", "remembered")


def test_the_window_holds_for_a_customers_click_too(client: Client, clock: Any) -> None:
    client.get("/login/")
    land(client, "77")
    clock.shift(29 * DAY)
    assert result(complete(customer_id=customer_id())) == ("expired", "77", "customer")


def test_a_longer_window_outlives_a_later_click(client: Client, clock: Any) -> None:
    OfferFactory(offer_id="2", window_days=1, is_default=False)
    client.get("/login/")
    land(client, "long")
    clock.shift(HOUR)
    land(client, "short", offer_id="2")
    clock.shift(3 * DAY)
    assert complete(customer_id=customer_id()).affiliate_id == "long"


def test_one_customers_click_is_not_anothers(client: Client) -> None:
    client.get("/login/")
    land(client, "77")
    assert complete(customer_id=f"{customer_id()}0").outcome == "organic"


def test_without_opting_in_nothing_is_kept_or_asked(client: Client, settings: Any) -> None:
    settings.TRACKING_CUSTOMERS = False
    client.get("/login/")
    land(client, "77")
    assert not CustomerClicks.objects.exists()
    settings.TRACKING_CUSTOMERS = True
    land(client, "77")
    settings.TRACKING_CUSTOMERS = False
    conversion = complete(customer_id=customer_id())
    assert (conversion.outcome, conversion.considered) == ("organic", [])


def test_a_guests_landing_asks_for_no_user(client: Client) -> None:
    land(client, "77")
    assert not CustomerClicks.objects.exists()


def test_what_is_over_is_deleted_when_the_next_click_is_kept(client: Client, clock: Any) -> None:
    CustomerClicks.objects.create(customer_id="gone", clicks="", until=NOW - DAY)
    client.get("/login/")
    land(client, "77")
    assert list(CustomerClicks.objects.values_list("customer_id", flat=True)) == [customer_id()]


def test_a_click_kept_twice_is_there_once(client: Client) -> None:
    client.get("/login/")
    land(client, "77")
    client.get("/login/")
    assert [held.kept.click.affiliate_id for held in customers_clicks(customer_id())] == ["77"]


def test_a_database_that_is_away_costs_the_page_nothing(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/login/")
    request = visit_from("77")
    request.user = User.objects.get(username="ada")

    def refuse(*_args: Any) -> Any:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(refuse):
        keep_with_customer(request, customers_kept())
    assert "A click could not be kept with its customer" in caplog.text


def customers_kept() -> Any:
    from tracking.capture.keeping import kept_clicks

    return kept_clicks(visit_from("77"))[0]


def test_a_user_that_cannot_be_read_costs_the_page_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(HttpRequest):
        @property
        def user(self) -> Any:
            raise OperationalError("the sessions are away")

    keep_with_customer(Broken(), customers_kept())
    assert "Who is signed in could not be read." in caplog.text


def test_staff_who_complete_an_order_keep_their_clicks_to_themselves(client: Client) -> None:
    """The request given may be of the staff; the order's own customer is asked in place of who is signed in."""
    request = HttpRequest()
    request.user = User.objects.create(username="staff")
    CustomerClicks.objects.create(customer_id=str(request.user.pk), clicks=customers_kept().to_text(), until=NOW + DAY)
    order_completed.send(sender=None, order=completed_order(customer_id="42"), request=request)
    assert Conversion.objects.get().outcome == "organic"


# Consent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [False, None])
def test_an_order_whose_click_was_not_kept_for_lack_of_consent_says_so(settings: Any, answer: bool | None) -> None:
    settings.TRACKING_CONSENT = lambda _request: answer
    client = Client()
    client.get("/plain/", {"affiliate_id": "77"})
    remember(visit_from("77"), "1001")
    conversion = complete()
    assert (conversion.outcome, conversion.affiliate_id) == ("no_consent", "")
    assert conversion.reason == (
        "An affiliate sent the shopper, who did not consent to tracking: the click was not kept."
    )


def test_an_order_completed_by_the_shoppers_own_request_says_so_too(settings: Any) -> None:
    settings.TRACKING_CONSENT = lambda _request: False
    order_completed.send(sender=None, order=completed_order(), request=visit_from("77"))
    assert Conversion.objects.get().outcome == "no_consent"


def test_a_shopper_who_refuses_and_came_alone_is_organic(settings: Any) -> None:
    settings.TRACKING_CONSENT = lambda _request: False
    remember(HttpRequest(), "1001")
    assert complete().outcome == "organic"


def test_with_consent_the_click_earns(settings: Any) -> None:
    settings.TRACKING_CONSENT = lambda _request: True
    remember(visit_from("77"), "1001")
    assert complete().outcome == "credited"


def test_withdrawn_consent_deletes_what_is_kept_with_the_customer(client: Client, settings: Any) -> None:
    client.get("/login/")
    land(client, "77")
    assert CustomerClicks.objects.exists()
    settings.TRACKING_CONSENT = lambda _request: False
    client.get("/plain/")
    assert not CustomerClicks.objects.exists()
