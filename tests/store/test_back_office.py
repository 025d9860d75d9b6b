"""The shop's admin: orders with their affiliates, refunds, coupons, exports, and what waits for a person."""

import csv
import io
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from payments import PaymentError
from payments.dummy import DummyProvider
from pytest_django import DjangoAssertNumQueries, Settings

from store import orders
from store.checks import check_payments
from store.models import Coupon, Order, Payment, Refund
from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.store.factories import (
    CouponFactory,
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ShippingMethodFactory,
)

pytestmark = pytest.mark.django_db

ORDERS = "admin:store_order_changelist"


def paid(**values: object) -> Order:
    payment = PaymentFactory(order=OrderLineFactory(order=OrderFactory(**values)).order)
    payment.change_status("confirmed")
    return Order.objects.get(pk=payment.order_id)


def act(client: Client, action: str, *chosen: Order) -> str:
    form = {"action": action, "_selected_action": [order.pk for order in chosen]}
    return client.post(reverse(ORDERS), form, follow=True).content.decode()


def downloaded(client: Client, name: str, model: str, *chosen: Order | Coupon) -> list[dict[str, str]]:
    form = {"action": name, "_selected_action": [row.pk for row in chosen]}
    response = client.post(reverse(f"admin:store_{model}_changelist"), form)
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_orders_show_who_earns_them_and_how_the_postback_is_doing(admin_client: Client) -> None:
    order = OrderFactory()
    postback = PostbackFactory(conversion__order_id=order.number, status="rejected")

    page = admin_client.get(reverse(ORDERS)).content.decode()

    assert "Credited 77" in page
    assert f'<a href="/admin/tracking/postback/{postback.pk}/change/">Rejected</a>' in page


def test_an_orders_own_page_says_why(admin_client: Client) -> None:
    order = OrderFactory()
    ConversionFactory(order_id=order.number, outcome="expired", reason="The click was 40 days old.")

    page = admin_client.get(reverse("admin:store_order_change", args=[order.pk])).content.decode()

    assert "The click was 40 days old." in page
    assert "none owed" in page


def test_a_long_list_of_orders_takes_no_more_queries(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    offer = OfferFactory()
    for _ in range(30):
        PostbackFactory(offer=offer, conversion__order_id=OrderFactory().number)

    with django_assert_max_num_queries(12):
        admin_client.get(reverse(ORDERS))


@pytest.mark.parametrize("todo", ["send", "invoice", "give_back", "refund"])
def test_what_waits_for_a_person_is_found(admin_client: Client, todo: str) -> None:
    plain = OrderFactory()
    to_send = paid()
    invoice = PaymentFactory(status="preauth", order__fulfilled_at=timezone.now()).order
    surplus = PaymentFactory(status="confirmed", is_surplus=True, order__status="cancelled").order
    asked = paid(status="placed")
    orders.fulfil(asked)
    Refund.objects.create(order=asked, payment=asked.payments.get(), amount=1)
    expected = {"send": to_send, "invoice": invoice, "give_back": surplus, "refund": asked}[todo]

    page = admin_client.get(reverse(ORDERS), {"todo": todo})

    assert list(page.context["cl"].result_list) == [expected]
    assert plain not in page.context["cl"].result_list


def refund_url(order: Order) -> str:
    return reverse("admin:store_order_refund", args=[order.pk])


def filled(client: Client, order: Order, **values: object) -> dict[str, object]:
    form = client.get(refund_url(order)).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**sent, **values}.items() if value not in (None, False)}


def test_the_refund_page_offers_what_is_left(admin_client: Client) -> None:
    order = paid()

    admin_client.post(refund_url(order), filled(admin_client, order, amount="20"))

    assert filled(admin_client, order)["amount"] == 30


def test_a_refund_in_the_admin_is_noted_with_its_reason_and_its_author(admin_client: Client, admin_user: User) -> None:
    order = paid()

    page = admin_client.post(
        refund_url(order), filled(admin_client, order, reason="Chipped."), follow=True
    ).content.decode()

    order.refresh_from_db()
    assert order.status == "refunded"
    assert "$50.00 went back to Ada Lovelace." in page
    assert (Refund.objects.get().reason, Refund.objects.get().by) == ("Chipped.", admin_user)
    assert order.lines.get().variant.stock == 12  # all of it was still on the shelf


def test_a_partial_refund_puts_back_only_the_pieces_named(admin_client: Client) -> None:
    order = paid()
    line = order.lines.get()

    admin_client.post(refund_url(order), filled(admin_client, order, amount="5"))
    assert order.lines.get().variant.stock == 10

    admin_client.post(refund_url(order), filled(admin_client, order, amount="5", **{f"line_{line.pk}": 1}))
    assert order.lines.get().variant.stock == 11


def test_the_same_refund_form_sent_twice_gives_back_once(admin_client: Client) -> None:
    order = paid()
    form = filled(admin_client, order, amount="20")

    admin_client.post(refund_url(order), form)
    admin_client.post(refund_url(order), form)

    order.refresh_from_db()
    assert order.refunded == 20


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"amount": "50.01"}, "There is 50.00 left of this payment."),
        ({"amount": "7", "is_for_delivery": "on"}, "The delivery was 6.00."),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"amount": "much"}, "Enter a number."),
    ],
)
def test_a_refund_that_cannot_be_says_why_by_the_field(
    admin_client: Client, values: dict[str, object], error: str
) -> None:
    order = paid()

    page = admin_client.post(refund_url(order), filled(admin_client, order, **values)).content.decode()

    assert error in page
    assert not Refund.objects.exists()


def test_an_unpaid_order_has_nothing_to_give_back(admin_client: Client) -> None:
    assert "There is no money to give back" in admin_client.get(refund_url(OrderFactory())).content.decode()


def test_giving_money_back_is_a_permission_of_its_own(client: Client, django_user_model: type[User]) -> None:
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "change_order"]))
    client.force_login(clerk)
    order = paid()

    page = client.get(reverse("admin:store_order_change", args=[order.pk])).content.decode()

    assert client.get(refund_url(order)).status_code == 403
    assert refund_url(order) not in page


def test_invoices_are_marked_as_paid(admin_client: Client, settings: Settings) -> None:
    settings.PAYMENT_VARIANTS = {"bill": ("store.invoice.InvoiceProvider", {"pay_to": "Us"})}
    order = PaymentFactory(variant="bill", status="preauth").order

    page = act(admin_client, "mark_invoice_paid", order, OrderFactory())

    order.refresh_from_db()
    assert order.status == "paid"
    assert "1 of 2 marked as paid" in page


def test_refunds_without_an_answer_are_asked_for_again(admin_client: Client) -> None:
    order = paid()
    Refund.objects.create(order=order, payment=order.payments.get(), amount=20, goods=16)

    page = act(admin_client, "ask_refunds_again", order)

    order.refresh_from_db()
    assert order.refunded == 20
    assert "went back." in page


def test_orders_are_exported_with_their_affiliates(admin_client: Client) -> None:
    order = OrderFactory()
    PostbackFactory(conversion__order_id=order.number, status="accepted")

    (row,) = downloaded(admin_client, "export_orders", "order", order)

    assert (row["number"], row["total"], row["affiliate"], row["postback"]) == (order.number, "50.00", "77", "accepted")


def test_order_lines_are_exported(admin_client: Client) -> None:
    line = OrderLineFactory(name="Mug", quantity=3)

    (row,) = downloaded(admin_client, "export_order_lines", "order", line.order)

    assert (row["order"], row["name"], row["quantity"]) == (line.order.number, "Mug", "3")
    assert row["SKU"] == line.variant.sku


def test_what_a_shopper_wrote_is_no_formula_in_a_spreadsheet(admin_client: Client) -> None:
    order = OrderFactory(name='=HYPERLINK("http://evil.example")')

    (row,) = downloaded(admin_client, "export_orders", "order", order)

    assert row["name"].startswith("'=")


def test_coupons_are_exported(admin_client: Client) -> None:
    coupon = CouponFactory(code="LEAF", times_used=3)

    (row,) = downloaded(admin_client, "export_coupons", "coupon", coupon)

    assert (row["code"], row["percent"], row["used"]) == ("LEAF", "10.00", "3")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"code": "LEAF", "kind": "percent"}, "Say how many percent it takes off."),
        ({"code": "LEAF", "kind": "amount", "amount": "5"}, "Say in which currency the amount is."),
        ({"code": "a leaf", "kind": "percent", "percent": "5"}, "Write capital letters"),
        ({"code": "LEAF", "kind": "percent", "percent": "101"}, "less than or equal to 100"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_not_saved(admin_client: Client, values: dict[str, str], error: str) -> None:
    page = admin_client.post(reverse("admin:store_coupon_add"), values).content.decode()

    assert error in page
    assert not Coupon.objects.exists()


@pytest.mark.parametrize("model", ["coupon", "shippingmethod", "taxrate"])
def test_terms_are_edited_in_the_admin(admin_client: Client, model: str) -> None:
    CouponFactory()
    ShippingMethodFactory()

    assert admin_client.get(reverse(f"admin:store_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:store_{model}_add")).status_code == 200


def test_a_delivery_to_a_country_that_nobody_knows_is_not_saved(admin_client: Client) -> None:
    form = {
        "name": "By bike",
        "countries": "NL, XX",
        "position": "0",
        "prices-TOTAL_FORMS": "0",
        "prices-INITIAL_FORMS": "0",
    }

    page = admin_client.post(reverse("admin:store_shippingmethod_add"), form).content.decode()

    assert "The shop knows no country XX." in page


def test_orders_that_nobody_pays_are_cancelled_after_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    long_ago = timezone.now() - timedelta(hours=49)
    old = OrderLineFactory(order=OrderFactory(placed_at=long_ago)).order
    invoice = PaymentFactory(order__placed_at=long_ago, status="preauth").order
    new, bought = OrderFactory(), paid(placed_at=long_ago)

    call_command("cancel_unpaid_orders")

    assert capsys.readouterr().out == "Cancelled 1 order.\n"
    states = {order.pk: order.status for order in Order.objects.all()}
    assert [states[order.pk] for order in (old, invoice, new, bought)] == ["cancelled", "placed", "placed", "paid"]
    assert old.lines.get().variant.stock == 12


def test_sending_charges_money_that_is_only_reserved(admin_client: Client) -> None:
    order = PaymentFactory(status="preauth").order

    act(admin_client, "mark_sent", order)

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("fulfilled", "confirmed")


@pytest.mark.parametrize(("method", "action"), [("capture", "mark_sent"), ("release", "cancel_orders")])
def test_a_provider_that_fails_leaves_the_order_as_it_is(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, method: str, action: str
) -> None:
    order = PaymentFactory(status="preauth").order
    monkeypatch.setattr(DummyProvider, method, Mock(side_effect=PaymentError("Too late.")))

    page = act(admin_client, action, order)

    order.refresh_from_db()
    assert order.status == "placed"
    assert "Left as they are" in page


def test_cancelling_in_the_admin_lets_go_of_a_reserved_payment(admin_client: Client) -> None:
    order = PaymentFactory(status="preauth").order

    act(admin_client, "cancel_orders", order)

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("cancelled", "refunded")


@pytest.mark.parametrize(
    ("variants", "is_debug", "ids"),
    [
        ({}, False, ["store.W002"]),
        ({"default": ("payments.dummy.DummyProvider", {})}, False, ["store.W001"]),
        ({"default": ("payments.dummy.DummyProvider", {})}, True, []),
        ({"bill": ("store.invoice.InvoiceProvider", {"pay_to": "Us"})}, False, []),
        ({"bill": ("store.invoice.InvoiceProvider", {})}, False, ["store.E001"]),
        (
            {"card": ("store.stripe_checkout.StripeProvider", {"api_key": "x", "endpoint_secret": ""})},
            False,
            ["store.E001"],
        ),
        ({"card": ("store.nowhere.Provider", {})}, False, ["store.E001"]),
    ],
)
def test_the_system_check_sees_wrong_ways_to_pay(
    settings: Settings, variants: dict[str, object], is_debug: bool, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.core.PROVIDER_CACHE", {})
    settings.PAYMENT_VARIANTS, settings.DEBUG = variants, is_debug

    assert [message.id for message in check_payments(None)] == ids
