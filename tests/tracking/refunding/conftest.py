"""The offer that the orders earn for."""

import pytest

from tests.factories import OfferFactory
from tracking.models import Offer


@pytest.fixture
def offer() -> Offer:
    found: Offer = OfferFactory()
    return found
