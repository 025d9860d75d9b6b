"""Alerts in admin: the list says what to do, the app's page says that something is wrong."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.tracking.admin_pages import list_of, staff
from tracking.models import Alert

pytestmark = pytest.mark.django_db


def alert(**values: Any) -> Alert:
    now = timezone.now()
    usual = {"kind": "needs_person", "subject": "rejected", "level": 1, "what": "Aspire refused 1 <postback>."}
    return Alert.objects.create(**{**usual, "opened_at": now - timedelta(hours=2), **values})


def index(*permissions: str) -> str:
    return staff(*permissions).get(reverse("admin:app_list", args=["tracking"])).content.decode()


def test_the_list_says_what_is_wrong_and_what_to_do() -> None:
    alert()
    html = staff("view_alert").get(list_of("alert")).content.decode()
    for words in ("Postbacks need a person (rejected)", "1 &lt;postback&gt;", "Mend the cause", "for 2 hours", "Open"):
        assert words in html
    assert "/admin/tracking/postback/?status__exact=rejected" in html


def test_what_is_over_stays_in_the_list_without_advice() -> None:
    alert(cleared_at=timezone.now())
    html = staff("view_alert").get(list_of("alert")).content.decode()
    assert "Over" in html
    assert "Mend the cause" not in html


def test_an_alerts_own_page_says_the_same_and_nothing_of_the_machinery() -> None:
    html = staff("view_alert").get(reverse("admin:tracking_alert_change", args=[alert().pk])).content.decode()
    assert "Mend the cause" in html
    assert "Told level" not in html


def test_the_apps_page_tells_what_is_open() -> None:
    alert()
    alert(kind="held", subject="", what="Long over.", cleared_at=timezone.now())
    html = index("view_alert", "view_postback")
    assert "Something is wrong" in html
    assert "Long over" not in html


def test_the_apps_page_is_silent_when_all_is_well() -> None:
    assert "Something is wrong" not in index("view_alert")


def test_who_may_not_see_alerts_is_told_none() -> None:
    alert()
    assert "Something is wrong" not in index("view_postback")


def test_a_list_of_many_costs_no_query_more(django_assert_max_num_queries: Any) -> None:
    for _ in range(30):
        alert()
    client = staff("view_alert")
    with django_assert_max_num_queries(9):
        client.get(list_of("alert"))


@pytest.mark.parametrize(("state", "shown"), [("open", ["Still"]), ("over", ["Gone"]), ("", ["Still", "Gone"])])
def test_the_list_shows_what_is_open_first_and_can_be_filtered(state: str, shown: list[str]) -> None:
    alert(what="Gone", cleared_at=timezone.now())
    alert(what="Still", opened_at=timezone.now() - timedelta(days=9))
    html = staff("view_alert").get(list_of("alert"), {"state": state} if state else {}).content.decode()
    assert re.findall(r"<p>(Still|Gone)</p>", html) == shown
