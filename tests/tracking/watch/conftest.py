"""Who is told, and what receivers hear."""

from collections.abc import Iterator
from typing import Any

import pytest

from tracking.models import Alert
from tracking.signals import alert_cleared, alert_raised


@pytest.fixture(autouse=True)
def told(settings: Any) -> None:
    settings.TRACKING_ALERT_RECIPIENTS = ["ann@shop.example", "bob@shop.example"]
    settings.TRACKING_SITE_URL = "https://shop.example"


@pytest.fixture
def signals() -> Iterator[list[Any]]:
    """What `alert_raised` and `alert_cleared` told, in order."""
    heard: list[Any] = []

    def raised(alert: Alert, is_worse: bool, **_: Any) -> None:
        heard.append("worse" if is_worse else "raised")

    def cleared(alert: Alert, **_: Any) -> None:
        heard.append("cleared")

    alert_raised.connect(raised)
    alert_cleared.connect(cleared)
    yield heard
    alert_raised.disconnect(raised)
    alert_cleared.disconnect(cleared)
