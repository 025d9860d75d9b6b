"""What an order owes, and what the database does not let a row be."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.outbox.steps import NOW, Status, due
from tracking.models import Offer, Postback
from tracking.postbacks import outbox

pytestmark = pytest.mark.django_db


def test_an_order_is_owed_at_once_and_for_its_amount(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, items_total=Decimal("49.995")), now=NOW)

    assert (row.status, row.due_at, row.amount, row.detail) == (Status.PENDING, NOW, Decimal("50.00"), "")


def test_the_amount_is_what_the_offer_goes_by(offer: Offer) -> None:
    offer.amount_basis = Offer.AmountBasis.TOTAL
    conversion = ConversionFactory(offer=offer, shipping=Decimal(5), tax=Decimal("4.12"))

    assert outbox.enqueue(conversion, now=NOW).amount == Decimal("59.11")


def test_a_lead_has_no_amount_and_waits_for_no_currency() -> None:
    conversion = ConversionFactory(offer=OfferFactory(kind=Offer.Kind.LEAD), currency="EUR")

    row = outbox.enqueue(conversion, now=NOW)

    assert (row.amount, row.due_at, row.detail) == (None, NOW, "")


def test_an_order_in_another_currency_waits_and_says_why_and_is_never_claimed(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, currency="EUR"), now=NOW)

    assert (row.status, row.due_at, row.amount) == (Status.PENDING, None, None)
    assert "The order is in EUR" in row.detail
    assert outbox.claim(10, now=NOW + timedelta(days=365)) == []
    assert outbox.next_due_at() is None


def test_sent_again_it_waits_on_until_the_currencies_agree(offer: Offer) -> None:
    row = outbox.enqueue(ConversionFactory(offer=offer, currency="EUR"), now=NOW)

    outbox.send_again(Postback.objects.all(), why="By hand.")
    row.refresh_from_db()
    assert (row.due_at, row.amount) == (None, None)
    assert "The order is in EUR" in row.detail

    Offer.objects.update(currency="EUR")
    outbox.send_again(Postback.objects.all(), why="By hand.")
    row.refresh_from_db()
    assert row.due_at is not None
    assert (row.amount, row.detail) == (Decimal("49.99"), "By hand.")


def test_the_database_holds_one_postback_for_a_conversion(offer: Offer) -> None:
    conversion = ConversionFactory(offer=offer)
    outbox.enqueue(conversion, now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.enqueue(conversion, now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "sending"},
        {"status": "sending", "claim_token": uuid4()},
        {"claim_token": uuid4()},
        {"lease_expires_at": NOW},
        {"amount": 0},
    ],
    ids=["sending without a lease", "sending for ever", "pending with a token", "pending with a lease", "no amount"],
)
def test_the_database_refuses_states_that_cannot_be(offer: Offer, values: dict[str, object]) -> None:
    row = due(offer)

    with pytest.raises(DatabaseError), transaction.atomic():
        Postback.objects.filter(pk=row.pk).update(**values)
