"""What `diagnose_tracking` finds of settings, offers, landings and orders."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import PARTNER_URL, ConversionFactory, OfferFactory
from tests.tracking.diagnose.steps import only
from tracking.models import LandingCount
from tracking.reports.diagnose import setup
from tracking.reports.diagnose.results import Level

pytestmark = pytest.mark.django_db


def test_settings_in_order_are_told_with_the_engine() -> None:
    found = only(setup.check_settings())
    assert (found.level, found.evidence) == (Level.OK, "Each can be read; the engine is worker.")


def test_a_wrong_setting_is_a_fault(settings: Any) -> None:
    settings.TRACKING_WINDOW_DAYS = 0
    found = only(setup.check_settings())
    assert found.level is Level.FAULT
    assert "TRACKING_WINDOW_DAYS is 0" in found.evidence


def test_tables_that_are_up_to_date_are_in_order() -> None:
    assert only(setup.check_database()).level is Level.OK


def test_a_shop_without_an_offer_is_told_how_to_set_one_up() -> None:
    found = only(setup.check_offers())
    assert found.level is Level.FAULT
    assert "set_offer" in found.remedy


def test_an_ended_offer_is_no_offer() -> None:
    OfferFactory.create(is_active=False)
    assert only(setup.check_offers()).level is Level.FAULT


def test_a_default_offer_with_a_sound_url_is_in_order() -> None:
    OfferFactory.create()
    found = only(setup.check_offers())
    assert (found.level, found.evidence) == (
        Level.OK,
        f"1 active offer; the default is Autumn (12345), {PARTNER_URL}",
    )


def test_offers_without_a_default_are_a_warning() -> None:
    OfferFactory.create(is_default=False)
    found = only(setup.check_offers())
    assert found.level is Level.WARNING
    assert "offer_id={offer_id}" in found.remedy


def test_an_offer_whose_host_is_no_longer_allowed_is_a_fault(settings: Any) -> None:
    OfferFactory.create()
    settings.TRACKING_POSTBACK_HOSTS = ["other.example"]
    found = only(setup.check_offers())
    assert found.level is Level.FAULT
    assert "get.aspr.app" in found.evidence


def test_a_security_token_that_is_missing_is_a_fault() -> None:
    OfferFactory.create(postback_url=f"{PARTNER_URL}&security_token=SECURITY_TOKEN")
    found = only(setup.check_offers())
    assert found.level is Level.FAULT
    assert "TRACKING_SECURITY_TOKEN" in found.remedy


def test_an_offer_that_reports_to_this_machine_is_a_warning() -> None:
    OfferFactory.create(postback_url=PARTNER_URL.replace("https://get.aspr.app", "http://127.0.0.1:9000"))
    found = only(setup.check_offers())
    assert found.level is Level.WARNING
    assert "as to a sandbox" in found.evidence


def test_unreplaced_macros_of_the_last_days_are_counted(now: datetime) -> None:
    for days in (0, 3, 8):
        LandingCount.objects.add(
            day=(now - timedelta(days=days)).date(), finding="unreplaced_macro", parameter="affiliate_id"
        )
    found = only(setup.check_landings(now))
    assert found.level is Level.WARNING
    assert "affiliate_id 2 times" in found.evidence


def test_a_shop_that_never_told_of_an_order_is_a_warning(now: datetime) -> None:
    assert only(setup.check_orders(now)).level is Level.WARNING


def test_a_long_silence_is_a_warning(now: datetime) -> None:
    ConversionFactory.create(order_id="1001", completed_at=now - timedelta(days=20))
    found = only(setup.check_orders(now))
    assert found.level is Level.WARNING
    assert "1001, was completed 20 days ago" in found.evidence


def test_the_last_order_is_named(now: datetime) -> None:
    ConversionFactory.create(order_id="1001", completed_at=now - timedelta(hours=3))
    assert "is 1001, completed 3 hours ago" in only(setup.check_orders(now)).evidence
