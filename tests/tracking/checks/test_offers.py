"""What `manage.py check` sees of the offers in the database."""

from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.factories import OfferFactory
from tests.tracking.checks.messages import ids
from tracking.checks import check_offers
from tracking.models import Offer


@pytest.mark.django_db
def test_an_offer_that_works_is_right() -> None:
    OfferFactory()
    assert ids(check_offers(None, databases=["default"])) == []


@pytest.mark.django_db
def test_offers_that_cannot_work_are_told_with_what_to_do() -> None:
    OfferFactory(postback_url="https://elsewhere.example/?aff_id=AFFILIATE_ID&amount=AMOUNT")
    [message] = check_offers(None, databases=["default"])
    assert message.id == "tracking.W014"
    assert "elsewhere.example" in message.msg
    assert "set_offer" in (message.hint or "")


@pytest.mark.django_db
def test_a_paused_offer_need_not_work() -> None:
    OfferFactory(postback_url="https://elsewhere.example/", is_active=False)
    assert ids(check_offers(None, databases=["default"])) == []


def test_without_leave_to_ask_the_database_no_offer_is_read() -> None:
    assert ids(check_offers(None)) == []
    assert ids(check_offers(None, databases=[])) == []


@pytest.mark.django_db
def test_a_database_that_is_not_migrated_stops_nothing() -> None:
    def fails(*_: Any) -> Any:
        raise OperationalError(f"no such table: {Offer._meta.db_table}")

    with connection.execute_wrapper(fails):
        assert ids(check_offers(None, databases=["default"])) == []
