"""What was looked at for an order's click, kept on its conversion and told in its story."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.http import HttpRequest

from tests.factories import OfferFactory, completed_order, visit_from
from tracking.attribution import remember
from tracking.capture.clicks import Click, KeptClick
from tracking.capture.serving import served_request
from tracking.models import Conversion
from tracking.reports.explain import explain
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def offer() -> Any:
    return OfferFactory()


class Session(dict[str, Any]):
    session_key = "a"
    modified = False


def with_session(request: HttpRequest, affiliate_id: str, *, clicked_at: datetime) -> HttpRequest:
    click = Click(affiliate_id=affiliate_id, clicked_at=clicked_at)
    request.session = Session(tracking_click=KeptClick(click, clicked_at + 28 * DAY).to_text())
    return request


def complete(request: HttpRequest | None = None, **values: Any) -> Conversion:
    order = completed_order(**values)
    order_completed.send(sender=None, order=order, request=request)
    return Conversion.objects.get(order_id=order.order_id)


def looked_at(conversion: Conversion) -> list[tuple[str, str, str]]:
    return [(entry["at"], entry["place"], entry["result"]) for entry in conversion.considered]


def told(order_id: str = "1001") -> list[tuple[str, str]]:
    [order] = explain(order_id, now=NOW).orders
    return [(fact.label, fact.text) for fact in order.looked_at]


def test_of_two_clicks_the_last_one_counts_and_both_are_told() -> None:
    request = with_session(visit_from("1", clicked_at=NOW - 2 * DAY), "2", clicked_at=NOW - HOUR)
    assert complete(request).affiliate_id == "2"
    assert told() == [
        (
            "Cookie",
            (
                "affiliate 1, clicked 2026-02-27 12:00:00 UTC, in the request that completed it. "
                "Passed over: another one came later, and the last click counts."
            ),
        ),
        (
            "Session",
            "affiliate 2, clicked 2026-03-01 11:00:00 UTC, in the request that completed it. This one counts.",
        ),
    ]


def test_of_two_clicks_the_first_one_counts_as_a_setting(settings: Any) -> None:
    settings.TRACKING_ATTRIBUTION = "first"
    request = with_session(visit_from("1", clicked_at=NOW - 2 * DAY), "2", clicked_at=NOW - HOUR)
    conversion = complete(request)
    assert conversion.affiliate_id == "1"
    assert looked_at(conversion) == [("request", "cookie", "chosen"), ("request", "session", "later")]


def test_the_same_click_in_both_places_is_told_once_as_the_one_that_counts() -> None:
    request = with_session(visit_from("1", clicked_at=NOW - HOUR), "1", clicked_at=NOW - HOUR)
    assert looked_at(complete(request)) == [("request", "cookie", "chosen"), ("request", "session", "same")]


@pytest.mark.parametrize("attribution", ["last", "first"])
@pytest.mark.parametrize(
    ("affiliate_id", "seconds", "is_same"), [("1", 1, True), ("1", 10, True), ("1", 11, False), ("2", 1, False)]
)
def test_a_visit_that_was_told_twice_is_told_as_one(
    settings: Any, attribution: str, affiliate_id: str, seconds: int, is_same: bool
) -> None:
    settings.TRACKING_ATTRIBUTION = attribution
    later = NOW - HOUR + timedelta(seconds=seconds)
    request = with_session(visit_from("1", clicked_at=NOW - HOUR), affiliate_id, clicked_at=later)
    conversion = complete(request)
    assert conversion.clicked_at == (later if attribution == "last" else NOW - HOUR)
    results = {result for _, _, result in looked_at(conversion)}
    assert results == {"chosen", "same" if is_same else "earlier" if attribution == "last" else "later"}


def test_an_expired_click_is_told_with_the_end_of_its_window() -> None:
    complete(visit_from("1", clicked_at=NOW - 29 * DAY))
    assert told()[0] == (
        "Cookie",
        (
            "affiliate 1, clicked 2026-01-31 12:00:00 UTC, in the request that completed it. "
            "Past its window, which was to end 2026-02-28 12:00:00 UTC."
        ),
    )


def test_places_that_held_nothing_are_told_too() -> None:
    complete(HttpRequest())
    assert told() == [
        ("Cookie", "nothing, in the request that completed it."),
        ("Session", "nothing, in the request that completed it."),
    ]


def test_what_the_order_was_placed_with_is_what_the_webhook_tells(clock: time_machine.Traveller) -> None:
    remember(visit_from("1", offer_id="12345", transaction_id="abc"), "1001")
    clock.shift(DAY)
    conversion = complete()
    assert looked_at(conversion) == [("placed", "cookie", "chosen"), ("placed", "session", "empty")]
    assert told()[0][1] == (
        "affiliate 1, offer 12345, transaction abc, clicked 2026-03-01 11:00:00 UTC, when the order was placed. "
        "This one counts."
    )


def test_the_request_being_served_is_looked_at_only_where_the_one_given_holds_no_click() -> None:
    token = served_request.set(visit_from("2"))
    first, second = complete(visit_from("1")), complete(HttpRequest(), order_id="1002")
    served_request.reset(token)
    assert {at for at, _, _ in looked_at(first)} == {"request"}
    assert looked_at(second)[-2:] == [("served_request", "cookie", "chosen"), ("served_request", "session", "empty")]


def test_a_click_in_the_request_being_served_beats_an_expired_one_in_the_request_given() -> None:
    token = served_request.set(visit_from("2"))
    conversion = complete(visit_from("1", clicked_at=NOW - 29 * DAY))
    served_request.reset(token)
    assert (conversion.affiliate_id, conversion.outcome) == ("2", "credited")
    assert ("request", "cookie", "less") in looked_at(conversion)


def test_of_two_expired_clicks_the_request_given_tells_its_own() -> None:
    token = served_request.set(visit_from("2", clicked_at=NOW - 30 * DAY))
    conversion = complete(visit_from("1", clicked_at=NOW - 40 * DAY))
    served_request.reset(token)
    assert (conversion.affiliate_id, conversion.outcome) == ("1", "expired")


def test_a_renewal_names_the_order_that_won_it() -> None:
    complete(visit_from("4"), subscription_id="S1")
    complete(order_id="1002", subscription_id="S1", is_renewal=True)
    assert told("1002") == [("Subscription", "Its first order 1001 was won by affiliate 4.")]


def test_a_renewal_that_nobody_won_says_why() -> None:
    complete(subscription_id="S1")
    complete(order_id="1002", subscription_id="S1", is_renewal=True)
    complete(order_id="1003", subscription_id="S9", is_renewal=True)
    assert told("1002")[0][1] == "Its first order 1001 was earned by no affiliate, and so is no renewal of it."
    assert told("1003")[0][1] == "Its first order is not known here, so nobody is known to have won it."


def test_an_order_that_is_only_placed_tells_what_was_looked_at() -> None:
    remember(visit_from("1"), "1001")
    labels = [fact.label for fact in explain("1001", now=NOW).remembered]
    assert labels[-2:] == ["Cookie", "Session"]


def test_the_command_prints_it() -> None:
    complete(visit_from("1"))
    out = StringIO()
    call_command("explain_order", "1001", stdout=out)
    assert "Looked at\n  Cookie        affiliate 1, clicked 2026-03-01 11:00:00 UTC" in out.getvalue()


def test_the_admin_shows_it(admin_client: Any) -> None:
    conversion = complete(visit_from("1"))
    html = admin_client.get(f"/admin/tracking/conversion/{conversion.pk}/change/").content.decode()
    assert "What was looked at" in html
    assert "affiliate 1, clicked 2026-03-01 11:00:00 UTC" in html


def test_an_order_recorded_before_there_was_such_a_list_is_told_without_one() -> None:
    complete(visit_from("1"))
    Conversion.objects.update(considered=[])
    assert told() == []
