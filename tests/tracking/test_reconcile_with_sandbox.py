"""From postbacks whose fate nobody knows to a ledger that both sides agree on, over real connections."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tests.tracking.exports import ago
from tests.tracking.terminal import run
from tests.tracking.test_delivery import claim_of, sent
from tracking.models import Attempt, Conversion, Offer, Postback
from tracking.postbacks import outbox
from tracking.sandbox import Fault, Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(sandbox: Sandbox) -> Offer:
    found: Offer = OfferFactory(offer_id=sandbox.offer.offer_id, postback_url=sandbox.postback_url)
    return found


def deliver(offer: Offer, order_id: str, *, at: datetime) -> None:
    """Deliver a postback, and take it back in time."""
    affiliate = "123456"
    row = sent(claim_of(offer, conversion__order_id=order_id, conversion__affiliate_id=affiliate))
    Postback.objects.filter(pk=row.pk).update(created_at=at, settled_at=at)
    Attempt.objects.filter(postback=row).update(started_at=at)
    Conversion.objects.filter(pk=row.conversion_id).update(completed_at=at)


def reconcile(sandbox: Sandbox, file: Path, *options: str) -> str:

    file.write_bytes(requests.get(f"{sandbox.url}/conversions.csv", timeout=5).content)
    ended = run("reconcile_postbacks", str(file), "--date-column", "", *options)
    assert ended.status == 0, ended.err
    return ended.out


def test_every_order_ends_counted_exactly_once(sandbox: Sandbox, offer: Offer, tmp_path: Path) -> None:
    file = tmp_path / "conversions.csv"
    deliver(offer, "early", at=ago(days=9))
    sandbox.switch_fault(Fault.DROP, times=1, counts=True)
    deliver(offer, "arrived", at=ago(days=5))
    sandbox.switch_fault(Fault.DROP, times=1, counts=False)
    deliver(offer, "lost", at=ago(days=5))
    deliver(offer, "late", at=ago(days=1))
    unconfirmed = Postback.objects.filter(status="unconfirmed")
    assert set(unconfirmed.values_list("conversion__order_id", flat=True)) == {"arrived", "lost"}

    assert "Marked as accepted: 1; sent again: 1." in reconcile(sandbox, file, "--apply", "--unfiltered")
    for claim in outbox.claim(9, now=timezone.now() + timedelta(seconds=1)):
        sent(claim)
    assert set(Postback.objects.values_list("status", flat=True)) == {"accepted"}
    assert sorted(sale.order_id for sale in sandbox.conversions) == ["arrived", "early", "late", "lost"]
    assert sandbox.doubles == {}
    assert "Confirmed on both sides                  4" in reconcile(sandbox, file)


def test_the_sandboxs_export_leaves_test_sales_out(sandbox: Sandbox, offer: Offer, tmp_path: Path) -> None:
    PostbackFactory(offer=offer, status="accepted", conversion__order_id="other")
    sent(claim_of(offer, conversion__order_id="test", conversion__affiliate_id="1"))
    sent(claim_of(offer, conversion__order_id="real", conversion__affiliate_id="123456"))
    assert len(sandbox.conversions) == 2
    assert "Confirmed on both sides                  1" in reconcile(sandbox, tmp_path / "x.csv")
