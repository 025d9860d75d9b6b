"""Orders that wait for their offer are decided anew from their list and from their page."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.admin_pages import list_of, page_of, staff
from tracking.models import Conversion, Postback

pytestmark = pytest.mark.django_db


def waiting(order_id: str = "1001", offer_id: str = "999") -> Conversion:
    conversion: Conversion = ConversionFactory.create(
        order_id=order_id, click_offer_id=offer_id, outcome="unknown_offer", reason="Not set up.", offer=None
    )
    return conversion


def ask(client: Client, *conversions: Conversion, **data: str) -> Any:
    chosen = {"action": "decide_anew", "_selected_action": [row.pk for row in conversions], **data}
    return client.post(list_of("conversion"), chosen, follow=True)


def decide_anew(client: Client, *conversions: Conversion, **data: str) -> Any:
    return ask(client, *conversions, confirmed="yes", **data)


def test_it_is_asked_first_because_what_is_credited_is_paid(admin_client: Client) -> None:
    waits, organic = waiting(offer_id="12345"), ConversionFactory.create(order_id="1002", outcome="organic", offer=None)
    OfferFactory.create()
    html = ask(admin_client, waits, organic).content.decode()
    assert "takes nothing back by itself" in html
    assert "1 order of your choice left out" in html
    assert not Postback.objects.exists()


def test_what_waits_for_no_offer_is_left_and_said_so(admin_client: Client) -> None:
    html = ask(admin_client, ConversionFactory.create(outcome="organic", offer=None)).content.decode()
    assert "Left as they are, because they do not wait for an offer: 1 order." in html
    assert "Decided anew" not in html


def test_orders_whose_offer_is_there_now_are_credited_by_an_action(admin_client: Client) -> None:
    now_known, still_unknown = waiting("1001", "12345"), waiting("1002", "999")
    OfferFactory.create()
    html = decide_anew(admin_client, now_known, still_unknown).content.decode()
    assert "Decided anew: 2 orders, newly credited: 1." in html
    assert Postback.objects.get().conversion == now_known
    log = LogEntry.objects.get()
    assert (log.object_id, log.change_message) == (str(now_known.pk), "Decided anew by admin: credited.")


def test_the_page_of_an_order_that_waits_has_the_button_and_comes_back(admin_client: Client) -> None:
    conversion = waiting(offer_id="12345")
    assert 'value="decide_anew"' in admin_client.get(page_of(conversion)).content.decode()
    OfferFactory.create()
    response = decide_anew(admin_client, conversion, **{"from": "page"})
    assert response.redirect_chain == [(page_of(conversion), 302)]
    assert 'value="decide_anew"' not in response.content.decode()


def test_deciding_anew_without_the_offer_says_that_nothing_came_of_it(admin_client: Client) -> None:
    html = decide_anew(admin_client, waiting()).content.decode()
    assert "newly credited: 0. Each order&#x27;s page says why." in html


def test_who_may_not_send_decides_nothing_anew() -> None:
    conversion = waiting(offer_id="12345")
    OfferFactory.create()
    client = staff("view_conversion")
    assert 'value="decide_anew"' not in client.get(page_of(conversion)).content.decode()
    decide_anew(client, conversion)
    conversion.refresh_from_db()
    assert conversion.outcome == "unknown_offer"


def test_too_many_orders_at_once_are_refused(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.admin.choosing.MOST_AT_ONCE", 1)
    rows = [waiting("1001", "12345"), waiting("1002", "12345")]
    OfferFactory.create()
    assert "at most 1 orders" in decide_anew(admin_client, *rows).content.decode()
    assert not Postback.objects.exists()
