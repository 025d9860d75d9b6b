"""An offer in US dollars, and a converter that answers as the test says."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import OfferFactory
from tracking.models import Offer


@pytest.fixture
def offer() -> Offer:
    return OfferFactory()


@pytest.fixture
def converter(settings: Any) -> Callable[[Any], None]:
    """Let the shop convert with a function, or with one that always gives the same."""

    def use(answer: Any) -> None:
        settings.TRACKING_CURRENCY_CONVERTER = answer if callable(answer) else lambda *_question: answer

    return use
