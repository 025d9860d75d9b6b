"""Reconciling in a real browser: what nobody knows the fate of is settled by Aspire's own export, step by step."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import Demo
from tests.journeys.steps import check_out, log_in_as_merchant, pay, put_into_cart, somebody
from tests.journeys.test_accessibility import violations
from tracking.sandbox import Sandbox
from tracking.sandbox.faults import Fault

pytestmark = pytest.mark.journey

NEEDS = "/admin/tracking/needsme/"
numbers = count(10)


@pytest.fixture
def aspire(demo: Demo) -> Iterator[Sandbox]:
    """A local Aspire with an offer of its own, which the shop knows."""
    offer_url = f"{demo.shop}/?affiliate_id={{affiliate_id}}&offer_id={{offer_id}}"
    with Sandbox(offer_id=f"3{demo.shop[-4:]}{next(numbers)}", offer_url=offer_url) as running:
        demo.manage("set_offer", "--offer-id", running.offer.offer_id, "--postback-url", running.postback_url)
        yield running


def buy(context: BrowserContext, demo: Demo, aspire: Sandbox) -> str:
    shopper = context.new_page()
    shopper.goto(aspire.short_link())
    put_into_cart(shopper, demo, "morning-mug")
    check_out(shopper, somebody())
    number = pay(shopper)
    shopper.close()
    return number


def left_in_doubt(context: BrowserContext, demo: Demo, aspire: Sandbox, *, is_counted: bool) -> str:
    """An order whose postback got no answer, three days ago."""
    before = len(aspire.requests)
    aspire.switch_fault(Fault.DROP, times=1, counts=is_counted)
    number = buy(context, demo, aspire)
    aspire.wait_for(requests=before + 1)
    back = f"""
from datetime import timedelta
from tracking.models import Attempt, Conversion, Postback
row = Postback.objects.get(conversion__order_id="{number}", status="unconfirmed")
at = row.created_at - timedelta(days=3)
Postback.objects.filter(pk=row.pk).update(created_at=at, settled_at=at)
Attempt.objects.filter(postback=row).update(started_at=at)
Conversion.objects.filter(pk=row.conversion_id).update(completed_at=at, recorded_at=at)
"""
    demo.manage("shell", "-c", back)
    return number


def test_what_is_in_doubt_is_settled_by_aspires_export(demo: Demo, desk: Page, aspire: Sandbox, tmp_path: Path) -> None:
    arrived = left_in_doubt(desk.context, demo, aspire, is_counted=True)
    lost = left_in_doubt(desk.context, demo, aspire, is_counted=False)
    file = tmp_path / "conversions.csv"
    file.write_bytes(requests.get(f"{aspire.url}/conversions.csv", timeout=5).content)

    log_in_as_merchant(desk, demo, NEEDS)
    row = desk.get_by_role("listitem").filter(has_text=lost)
    row.get_by_role("link", name="Compare with Aspire's export").click()
    expect(desk.get_by_role("button", name="Go on")).to_be_visible()
    assert violations(desk) == []
    desk.get_by_label("Aspire's export").set_input_files(file)
    desk.get_by_role("button", name="Go on").click()

    expect(desk.get_by_label("Order id")).to_have_value("Advertiser Unique 1")
    assert violations(desk) == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    today = timezone.localdate()
    desk.get_by_label("Exported without a filter").check()
    desk.locator("[name=offer]").select_option(aspire.offer.offer_id)
    desk.get_by_label("Holds all from").fill(f"{today - timedelta(days=9)}")
    desk.locator("[name=covers_to]").fill(f"{today - timedelta(days=1)}")
    desk.get_by_role("button", name="Compare").click()

    expect(desk.get_by_text("1 could be marked as accepted, 1 sent again")).to_be_visible()
    assert violations(desk) == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert states(demo, arrived, lost) == ["unconfirmed", "unconfirmed"], "comparing changes nothing"

    desk.get_by_role("button", name=re.compile("^Apply")).click()
    expect(desk.get_by_role("row").filter(has_text=arrived)).to_contain_text("Mark as accepted")
    expect(desk.get_by_role("row").filter(has_text=lost)).to_contain_text("Send again")
    assert violations(desk) == []
    desk.get_by_role("button", name="Yes: apply").click()

    expect(desk.get_by_text("Marked as accepted: 1; sent again: 1. The file is deleted.")).to_be_visible()
    aspire.wait_for(conversions=2)
    assert sorted(sale.order_id for sale in aspire.conversions) == sorted([arrived, lost])
    assert aspire.doubles == {}

    desk.goto(f"{demo.shop}{NEEDS}")
    expect(desk.get_by_text(arrived)).to_have_count(0)
    expect(desk.get_by_text(lost)).to_have_count(0)
    assert states(demo, arrived, lost) == ["accepted", "accepted"]


def test_a_file_that_is_no_export_is_refused_and_not_kept(demo: Demo, desk: Page, tmp_path: Path) -> None:
    file = tmp_path / "photo.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    log_in_as_merchant(desk, demo, "/admin/tracking/reconciliation/add/")
    desk.get_by_label("Aspire's export").set_input_files(file)
    desk.get_by_role("button", name="Go on").click()
    expect(desk.get_by_role("heading", name="Compare with Aspire's export")).to_be_visible()
    expect(desk.locator(".errorlist")).to_be_visible()
    assert violations(desk) == []


def states(demo: Demo, *orders: str) -> list[str]:
    """What the shop's ledger holds of these orders."""
    asked = "from tracking.models import Postback"
    shown = "; ".join(f"print(Postback.objects.get(conversion__order_id='{order}').status)" for order in orders)
    return demo.manage("shell", "--verbosity=0", "-c", f"{asked}; {shown}").split()
