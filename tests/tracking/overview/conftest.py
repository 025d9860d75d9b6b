"""The overview's clock and its reader."""

from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from tests.tracking.overview.steps import NOW


@pytest.fixture
def boss() -> Client:
    """Somebody who may do everything, at NOW."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture(autouse=True)
def _at_noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield
