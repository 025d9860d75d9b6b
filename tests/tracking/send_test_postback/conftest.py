"""An offer that reports to a local Aspire."""

import pytest

from tests.factories import OfferFactory
from tracking.models import Offer
from tracking.sandbox import Sandbox


@pytest.fixture
def offer(sandbox: Sandbox) -> Offer:
    found: Offer = OfferFactory(postback_url=sandbox.postback_url)
    return found
