"""The amount that is reported, and that whatever a shop can hand over is recorded."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import OfferFactory, completed_order, visit_from
from tests.tracking.recording.steps import NOW, complete, send
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("offer_values", "order", "amount"),
    [
        ({}, {"shipping": Decimal(5), "tax": Decimal(4)}, "49.99"),
        ({"amount_basis": "total"}, {"shipping": Decimal(5), "tax": Decimal("4.12")}, "59.11"),
        ({"amount_basis": "total"}, {"items_total": Decimal(0), "shipping": Decimal(5)}, "5.00"),
        ({}, {"items_total": Decimal("0.005")}, "0.01"),
        ({}, {"items_total": Decimal("0.01")}, "0.01"),
        ({}, {"items_total": Decimal("1E+3")}, "1000.00"),
        ({}, {"items_total": Decimal("9999999999.99999")}, "10000000000.00"),
        (
            {"amount_basis": "total"},
            dict.fromkeys(("items_total", "shipping", "tax"), Decimal("9999999999.99")),
            "29999999999.97",
        ),
        ({"currency": "JPY"}, {"currency": "JPY", "items_total": Decimal(5000)}, "5000.00"),
    ],
)
def test_the_offer_says_which_amount_is_reported(
    offer_values: dict[str, Any], order: dict[str, Any], amount: str
) -> None:
    OfferFactory(**offer_values)
    assert complete(visit_from("77"), **order).outcome == "credited"
    assert Postback.objects.get().amount == Decimal(amount)


def test_an_amount_in_another_currency_waits_and_says_for_what(offer: Offer) -> None:
    assert complete(visit_from("77"), currency="EUR").outcome == "credited"
    postback = Postback.objects.get()
    assert (postback.status, postback.amount, postback.due_at) == ("pending", None, None)
    assert postback.detail == (
        "The order is in EUR, Autumn (12345) in USD, and nothing here converts: Aspire would book the number as it "
        "stands."
    )
    assert outbox.claim(10, now=NOW + timedelta(days=400)) == []


@pytest.mark.parametrize("order", [{}, {"items_total": Decimal(0)}, {"currency": "EUR"}])
def test_a_lead_is_reported_without_an_amount(order: dict[str, Any]) -> None:
    OfferFactory(kind="lead")
    assert complete(visit_from("77"), **order).outcome == "credited"
    postback = Postback.objects.get()
    assert postback.amount is None
    assert postback.due_at is not None


texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=128)
amounts = st.decimals(min_value=Decimal("-9999999999.99999"), max_value=Decimal("9999999999.99999"))


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    order_id=texts.filter(bool),
    customer_id=texts,
    subscription_id=texts,
    is_renewal=st.booleans(),
    basis=st.sampled_from(Offer.AmountBasis.values),
    items_total=amounts,
    shipping=amounts,
    tax=amounts,
)
def test_whatever_can_be_handed_over_is_recorded(basis: str, **values: Any) -> None:
    with transaction.atomic():
        OfferFactory(amount_basis=basis)
        send(completed_order(**values), visit_from("77"))
        outcome = Conversion.objects.get().outcome
        assert outcome in ({"organic"} if values["is_renewal"] else {"credited", "excluded"})
        assert Postback.objects.exists() == (outcome == "credited")
        transaction.set_rollback(True)
