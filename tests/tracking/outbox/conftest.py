"""The offer that the rows belong to."""

import pytest

from tests.factories import OfferFactory
from tracking.models import Offer


@pytest.fixture
def offer() -> Offer:
    return OfferFactory()
