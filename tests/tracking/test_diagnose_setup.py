"""What `diagnose_tracking` finds without a landing: settings, offers, landings, orders, engine, outbox, hosts."""

import ssl
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import trustme
from django.utils import timezone

from tests.factories import PARTNER_URL, ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.fault_server import FaultServer, refusing_port, silent
from tests.tracking.terminal import run
from tests.tracking.waiting import until
from tracking.models import LandingCount, Offer, Postback
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.visits import Visitor, is_private
from tracking.reports.diagnose import delivery, setup
from tracking.reports.diagnose.results import Level, Result

pytestmark = pytest.mark.django_db

QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def only(results: Any) -> Result:
    (found,) = results
    assert isinstance(found, Result)
    return found


def postback(**values: Any) -> Postback:
    offer = Offer.objects.first() or OfferFactory.create()
    return PostbackFactory.create(offer=offer, **values)


# Set-up -------------------------------------------------------------------------------------------------------


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


# Delivery -----------------------------------------------------------------------------------------------------


def test_an_engine_with_nothing_overdue_is_in_order(settings: Any, now: datetime) -> None:
    settings.TRACKING_ENGINE = "thread"
    assert only(delivery.check_engine(now)).level is Level.OK


def test_workers_that_nothing_was_ever_seen_of_are_a_warning(now: datetime) -> None:
    found = only(delivery.check_engine(now))
    assert found.level is Level.WARNING
    assert "manage.py deliver_postbacks" in found.remedy


@pytest.mark.parametrize(("engine", "remedy"), [("thread", "cron"), ("worker", "Start `manage.py deliver_postbacks`")])
def test_overdue_postbacks_show_that_nobody_delivers(settings: Any, now: datetime, engine: str, remedy: str) -> None:
    settings.TRACKING_ENGINE = engine
    postback(due_at=now - timedelta(minutes=10))
    found = only(delivery.check_engine(now))
    assert found.level is Level.FAULT
    assert remedy in found.remedy


def test_an_empty_outbox_is_in_order(now: datetime) -> None:
    assert only(delivery.check_outbox(now)).evidence == "Nothing is owed."


def test_what_is_due_now_is_not_late(now: datetime) -> None:
    postback(due_at=now)
    assert only(delivery.check_outbox(now)).evidence == "1 postback waits to be sent, none is late."


def test_the_oldest_overdue_postback_is_named_with_its_last_try(now: datetime) -> None:
    postback(due_at=now - timedelta(minutes=10), conversion__order_id="1001", detail="no connection")
    postback(due_at=now - timedelta(minutes=5), conversion__order_id="1002")
    found = only(delivery.check_outbox(now))
    assert found.level is Level.FAULT
    assert "2 postbacks are overdue; the oldest, of order 1001" in found.evidence
    assert "(10 minutes). Its last try: no connection." in found.evidence


def test_a_row_that_is_stuck_in_sending_is_a_fault(now: datetime) -> None:
    postback(
        status="sending",
        claim_token=uuid4(),
        lease_expires_at=now - timedelta(minutes=5),
        conversion__order_id="1001",
    )
    found = only(delivery.check_outbox(now))
    assert found.level is Level.FAULT
    assert "stuck in “sending”" in found.evidence
    assert "order 1001" in found.evidence


def test_what_waits_for_something_to_be_mended_is_a_warning(now: datetime) -> None:
    postback(due_at=None, detail="the order is in EUR, the offer in USD")
    found = only(delivery.check_outbox(now))
    assert found.level is Level.WARNING
    assert "the order is in EUR" in found.evidence


@pytest.mark.parametrize("status", ["rejected", "failed", "unconfirmed"])
def test_what_needs_a_person_is_a_warning_with_the_latest_words(now: datetime, status: str) -> None:
    for number in range(1001, 1006):
        postback(status=status, due_at=None, detail=f"Words on {number}", conversion__order_id=str(number))
    found = only(delivery.check_outbox(now))
    assert found.level is Level.WARNING
    assert f"5 postbacks are {status}, orders 1005, 1004, 1003, …; the latest: Words on 1005" in found.evidence


def test_tests_by_hand_are_left_out(now: datetime) -> None:
    postback(status="rejected", is_test=True, due_at=None)
    assert only(delivery.check_outbox(now)).level is Level.OK


# Hosts --------------------------------------------------------------------------------------------------------


def visitor() -> Visitor:
    return Visitor(is_private_allowed=lambda host: host == "127.0.0.1", timeouts=QUICK)


def offer_at(address: str) -> None:
    OfferFactory.create(postback_url=PARTNER_URL.replace("https://get.aspr.app", address))


def tls_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_host_is_reached_without_asking_it_anything() -> None:
    with FaultServer(silent) as server:
        offer_at(f"http://127.0.0.1:{server.port}")
        found = only(delivery.check_hosts(visitor().reach))
        until(lambda: server.accepted, "the connection has arrived")
    assert found.level is Level.OK
    assert (server.accepted, server.requests) == (1, [])


def test_a_host_with_a_valid_certificate_is_in_order(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with FaultServer(silent, tls=tls_context(authority, "127.0.0.1")) as server:
        offer_at(f"https://127.0.0.1:{server.port}")
        found = only(delivery.check_hosts(visitor().reach))
    assert "over TLSv1.3, with a valid certificate" in found.evidence
    assert server.requests == []


def test_a_host_whose_certificate_nobody_vouches_for_is_a_fault() -> None:
    with FaultServer(silent, tls=tls_context(trustme.CA(), "127.0.0.1")) as server:
        offer_at(f"https://127.0.0.1:{server.port}")
        found = only(delivery.check_hosts(visitor().reach))
    assert found.level is Level.FAULT
    assert "TLS with 127.0.0.1 failed" in found.evidence


def test_a_host_that_refuses_is_a_fault() -> None:
    with refusing_port() as port:
        offer_at(f"http://127.0.0.1:{port}")
        found = only(delivery.check_hosts(visitor().reach))
    assert found.level is Level.FAULT
    assert "refused the connection" in found.evidence


def test_a_host_without_a_public_address_is_a_fault(settings: Any) -> None:
    settings.TRACKING_POSTBACK_HOSTS = ["*.localhost", "localhost"]
    offer_at("http://localhost:9")
    found = only(delivery.check_hosts(visitor().reach))
    assert found.level is Level.FAULT
    assert "not public" in found.evidence


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", True), ("192.0.2.1", True), ("1.1.1.1", False)])
def test_a_private_host_is_told_by_its_address(host: str, expected: bool) -> None:
    assert is_private(host) is expected


# Usage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--url", "shop.example/?affiliate_id=1"), "give a whole address"),
        (("--url", "ftp://shop.example/"), "give a whole address"),
        (("--url", "https://user:secret@shop.example/"), "give a whole address"),
        (("--url", "https://shop.example:port/"), "is no address"),
        (("--url", "https://shop.example/?affiliate_id={affiliate_id}"), "put one in its place, such as 1"),
        (("--url", "https://shop.example/?affiliate_id=a b"), "which is no id"),
        (("--url", "https://shop.example/?affiliate_id=1", "--cookie", "consent"), "give NAME=VALUE"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_checked(arguments: tuple[str, ...], error: str) -> None:
    ended = run("diagnose_tracking", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert error in ended.err


def test_a_set_up_without_a_fault_exits_0(settings: Any) -> None:
    settings.TRACKING_ENGINE = "thread"
    with FaultServer(silent) as server:
        offer_at(f"http://127.0.0.1:{server.port}")
        settings.DEBUG = True
        ended = run("diagnose_tracking")
    assert ended.status == 0
    assert ended.out.endswith("give --url 'https://…/?affiliate_id=1'.\nNo fault, 1 warning.\n")
