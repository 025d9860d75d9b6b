"""What `diagnose_tracking` finds of the hosts that postbacks go to."""

import ssl
from typing import Any

import pytest
import trustme

from tests.tracking.diagnose.steps import offer_at, only
from tests.tracking.fault_server import FaultServer, refusing_port, silent
from tests.tracking.waiting import until
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.visits import Visitor, is_private
from tracking.reports.diagnose import delivery
from tracking.reports.diagnose.results import Level

pytestmark = pytest.mark.django_db

QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)

# Hosts --------------------------------------------------------------------------------------------------------


def visitor() -> Visitor:
    return Visitor(is_private_allowed=lambda host: host == "127.0.0.1", timeouts=QUICK)


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
