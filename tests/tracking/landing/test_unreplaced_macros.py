"""Landings on links whose macros nobody filled in."""

import logging

import pytest
import time_machine
from django.test import Client

from tests.tracking.landing.steps import UNREPLACED, land, seen
from tracking.models import LandingCount

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.tracking.pages")]


@pytest.mark.parametrize("query", UNREPLACED)
def test_an_unreplaced_macro_is_logged(client: Client, caplog: pytest.LogCaptureFixture, query: str) -> None:
    land(client, query=query)
    assert "Landing on /plain/ with an unreplaced macro in affiliate_id: check the Offer URL" in caplog.text


def test_unreplaced_macros_are_counted_by_day_and_parameter(client: Client) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        for query in UNREPLACED:
            land(client, query=query)
        land(client, query="affiliate_id=77&offer_id={offer_id}")
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False):
        land(client, query=UNREPLACED[0])
    counts = LandingCount.objects.order_by("day", "parameter").values_list("day__day", "parameter", "count", "finding")
    assert list(counts) == [
        (1, "affiliate_id", 3, "unreplaced_macro"),
        (1, "offer_id", 1, "unreplaced_macro"),
        (2, "affiliate_id", 1, "unreplaced_macro"),
    ]


def test_a_click_beside_an_unreplaced_offer_id_is_kept(client: Client) -> None:
    land(client, query="affiliate_id=77&offer_id={offer_id}")
    assert seen(client) == "77//"


def test_a_path_cannot_forge_a_line_of_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    land(client, "/plain/%0aERROR%20forged/", query=UNREPLACED[0])
    assert "\nERROR" not in caplog.records[0].getMessage()


def test_junk_is_neither_logged_nor_counted(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tracking")
    land(client, query="affiliate_id=no%20id")
    assert not [record for record in caplog.records if record.name.startswith("tracking")]
    assert not LandingCount.objects.exists()
