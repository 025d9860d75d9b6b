"""The machines' token."""

from typing import Any

import pytest

from tests.tracking.monitoring.steps import TOKEN


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.TRACKING_MONITORING_TOKEN = TOKEN
