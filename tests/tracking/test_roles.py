"""Who may see and do what, tried by people of each role in the admin itself."""

import re
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories import PARTNER_URL, ConversionFactory, OfferFactory, PostbackFactory
from tracking.models import Conversion, Offer, Postback
from tracking.roles import ROLES

pytestmark = pytest.mark.django_db

CUSTOMER, SUBSCRIPTION = "customer-4711", "subscription-815"
ROLE_NAMES = {role.name.split()[1]: role.name for role in ROLES}
LISTS = (
    *("overview", "needsme", "conversion", "postback", "orderdetails", "adjustment", "reconciliation"),
    *("offer", "alert", "landingcount", "workerheartbeat", "hostpause"),
)


def make_groups() -> str:
    out = StringIO()
    call_command("make_tracking_groups", stdout=out)
    return out.getvalue()


def person(role: str) -> Client:
    """A browser of somebody on the staff who is in that group alone."""
    make_groups()
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=ROLE_NAMES[role]))
    client = Client()
    client.force_login(user)
    return client


def list_of(model: str) -> str:
    return reverse(f"admin:tracking_{model}_changelist")


def page_of(row: Any) -> str:
    return reverse(f"admin:tracking_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def postback() -> Postback:
    """An order of a customer with a subscription, whose postback failed."""
    row: Postback = PostbackFactory.create(
        status="failed",
        conversion__order_id="1001",
        conversion__customer_id=CUSTOMER,
        conversion__subscription_id=SUBSCRIPTION,
        conversion__is_renewal=True,
        conversion__reason=f"Renews the subscription {SUBSCRIPTION}.",
    )
    return row


def orders_in(html: str) -> list[str]:
    return re.findall(r'<th class="field-order">.*?>(\w+)</a>', html)


# The groups -------------------------------------------------------------------------------------------------


def test_the_command_makes_a_group_for_each_role() -> None:
    told = make_groups()
    for name in ROLE_NAMES.values():
        assert f"Made: {name}" in told
        assert Group.objects.get(name=name).permissions.exists()


def test_the_command_may_run_again_and_puts_right_what_was_changed() -> None:
    make_groups()
    group = Group.objects.get(name="Tracking support")
    before = set(group.permissions.all())
    group.permissions.add(Permission.objects.get(codename="settle_postback"))
    group.permissions.remove(Permission.objects.get(codename="view_postback"))
    other = Permission.objects.get(codename="view_user")
    group.permissions.add(other)
    assert "Brought up to date: Tracking support" in make_groups()
    assert set(group.permissions.all()) == {*before, other}
    assert "Left as it was: Tracking support" in make_groups()


def test_support_may_change_nothing_at_all() -> None:
    make_groups()
    codenames = Group.objects.get(name="Tracking support").permissions.values_list("codename", flat=True)
    assert {codename for codename in codenames if not codename.startswith("view_")} == {"see_customers"}


def test_operations_may_do_everything() -> None:
    make_groups()
    of_tracking = Permission.objects.filter(content_type__app_label="tracking").count()
    assert Group.objects.get(name="Tracking operations").permissions.count() == of_tracking


# Support ----------------------------------------------------------------------------------------------------


def test_support_sees_lists_pages_and_customers(postback: Postback) -> None:
    client = person("support")
    for model in LISTS:
        assert client.get(list_of(model)).status_code == 200, model
    assert CUSTOMER in client.get(list_of("conversion")).content.decode()
    story = client.get(page_of(postback)).content.decode()
    assert CUSTOMER in story
    assert SUBSCRIPTION in story


@pytest.mark.parametrize("term", [CUSTOMER, SUBSCRIPTION])
def test_support_finds_the_orders_of_a_customer(postback: Postback, term: str) -> None:
    ConversionFactory.create(order_id="2002", offer=postback.offer)
    client = person("support")
    for model in ("conversion", "postback"):
        assert orders_in(client.get(list_of(model), {"q": term}).content.decode()) == ["1001"]


@pytest.mark.parametrize("action", ["send_again", "mark_accepted", "cancel", "give_up"])
def test_support_sends_and_settles_nothing(postback: Postback, action: str) -> None:
    client = person("support")
    html = client.get(list_of("postback")).content.decode() + client.get(page_of(postback)).content.decode()
    assert f'value="{action}"' not in html
    before = Postback.objects.values().get()
    client.post(list_of("postback"), {"action": action, "_selected_action": postback.pk, "confirmed": "yes"})
    assert Postback.objects.values().get() == before


def test_support_edits_no_offer() -> None:
    offer = OfferFactory.create()
    client = person("support")
    assert client.get(page_of(offer)).status_code == 200
    assert client.post(page_of(offer), {"name": "Mine"}).status_code == 403
    assert client.get(reverse("admin:tracking_offer_add")).status_code == 403


# Marketing --------------------------------------------------------------------------------------------------


def test_marketing_sets_an_offer_up_and_edits_it() -> None:
    client = person("marketing")
    form = {
        "offer_id": "12345",
        "name": "Autumn",
        "protocol": "partner-id",
        "kind": "sale",
        "postback_url": PARTNER_URL,
        "currency": "USD",
        "window_days": "28",
        "hold_days": "0",
        "amount_basis": "items",
        "renewals": "forever",
        "is_active": "on",
    }
    assert client.post(reverse("admin:tracking_offer_add"), form).status_code == 302
    offer = Offer.objects.get()
    assert client.post(page_of(offer), {**form, "name": "Winter"}).status_code == 302
    offer.refresh_from_db()
    assert offer.name == "Winter"


def test_marketing_sees_what_was_earned_and_no_customer(postback: Postback) -> None:
    reason = f"Renews the subscription {SUBSCRIPTION}, whose first order 1000 no affiliate earned."
    ConversionFactory(offer=None, outcome="unknown_offer", subscription_id=SUBSCRIPTION, reason=reason)
    client = person("marketing")
    pages = [
        client.get(address)
        for address in (
            list_of("overview"),
            list_of("conversion"),
            list_of("postback"),
            list_of("needsme"),
            page_of(postback),
            page_of(postback.conversion),
        )
    ]
    for page in pages:
        assert page.status_code == 200
        html = page.content.decode()
        assert CUSTOMER not in html
        assert SUBSCRIPTION not in html
    assert "Renews the subscription (hidden)." in pages[-1].content.decode()


@pytest.mark.parametrize("term", [CUSTOMER, SUBSCRIPTION])
def test_marketing_finds_no_customer_by_searching(postback: Postback, term: str) -> None:
    client = person("marketing")
    for model in ("conversion", "postback"):
        html = client.get(list_of(model), {"q": term}).content.decode()
        assert orders_in(html) == []
        assert "a customer" not in html.partition('id="changelist-search"')[2].partition("</form>")[0]


@pytest.mark.parametrize("lookup", ["customer_id", "customer_id__startswith", "subscription_id", "reason__contains"])
def test_marketing_guesses_no_customer_by_typing_a_filter(postback: Postback, lookup: str) -> None:
    for model, path in (("conversion", ""), ("postback", "conversion__")):
        User.objects.filter(username="marketing").delete()
        response = person("marketing").get(list_of(model), {f"{path}{lookup}": "c"})
        assert response.status_code == 400


def test_marketing_exports_no_customer(postback: Postback) -> None:
    client = person("marketing")
    at = postback.conversion.completed_at.date().isoformat()
    query = {"first": at, "last": at, "customers": "on"}
    response = client.get(reverse("admin:tracking_conversion_export"), query)
    exported = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "1001" in exported
    assert CUSTOMER not in exported
    assert SUBSCRIPTION not in exported


def test_support_exports_customers_when_asked_to(postback: Postback) -> None:
    client = person("support")
    at = postback.conversion.completed_at.date().isoformat()
    query = {"first": at, "last": at, "customers": "on"}
    response = client.get(reverse("admin:tracking_conversion_export"), query)
    exported = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert CUSTOMER in exported
    assert SUBSCRIPTION in exported


@pytest.mark.parametrize("action", ["send_again", "mark_accepted", "cancel", "give_up"])
def test_marketing_sends_and_settles_nothing(postback: Postback, action: str) -> None:
    client = person("marketing")
    before = Postback.objects.values().get()
    client.post(list_of("postback"), {"action": action, "_selected_action": postback.pk, "confirmed": "yes"})
    assert Postback.objects.values().get() == before


def test_marketing_decides_nothing_anew() -> None:
    offer = OfferFactory.create()
    ConversionFactory.create(outcome="unknown_offer", offer=None, click_offer_id=offer.offer_id)
    client = person("marketing")
    chosen = {"action": "decide_anew", "_selected_action": Conversion.objects.get().pk, "confirmed": "yes"}
    client.post(list_of("conversion"), chosen)
    assert Conversion.objects.get().outcome == "unknown_offer"


def test_marketing_tries_no_paused_host_and_settles_no_adjustment() -> None:
    client = person("marketing")
    for model in ("hostpause", "adjustment"):
        assert client.get(list_of(model)).status_code == 403, model


# Operations -------------------------------------------------------------------------------------------------


def test_operations_send_again(postback: Postback) -> None:
    client = person("operations")
    data = {"action": "send_again", "_selected_action": postback.pk, "confirmed": "yes"}
    assert client.post(list_of("postback"), data).status_code == 302
    postback.refresh_from_db()
    assert postback.status == "pending"


# What finds an order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["PW-1", "PW-12", "PW-123"])
def test_the_beginning_of_an_order_number_finds_it(term: str) -> None:
    ConversionFactory.create(order_id="PW-123", items_total=Decimal(5))
    ConversionFactory.create(order_id="pw-123", offer=Offer.objects.get())
    ConversionFactory.create(order_id="QX-123", offer=Offer.objects.get())
    html = person("support").get(list_of("conversion"), {"q": term}).content.decode()
    assert re.findall(r">(\w+-\d+)</a>", html) == ["PW-123"]


def test_a_beginning_is_looked_up_in_an_index() -> None:
    from tracking.admin.log import begins_with

    ConversionFactory.create()
    wanted = Conversion.objects.filter(begins_with("order_id", "PW-1")).order_by()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = wanted.explain()
    assert re.search("order_prefix|USING .*INDEX|range", plan), plan
