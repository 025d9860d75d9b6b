"""What the tests of the hand-off share."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.tracking.handoff.steps import land, token_of


@pytest.fixture(autouse=True)
def domains(settings: Any) -> None:
    settings.TRACKING_DOMAINS = ["brand.test", "brand.example"]
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def token(client: Client, db: None) -> str:
    """Of a click that was made here two days ago."""
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        land(client)
    return token_of(client)


@pytest.fixture
def there() -> Client:
    """The same shopper on the other site: a browser brings it no cookie of the first."""
    return Client()
