"""Log lines about orders and postbacks carry their ids as fields, and become JSON as the documentation shows."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from tests.factories import OfferFactory, PostbackFactory, completed_order, visit_from
from tests.network import Network
from tracking.postbacks.worker import Drain
from tracking.signals import order_completed

pytestmark = pytest.mark.django_db(transaction=True)

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def delivered(network: Network, status: int, body: str) -> Any:
    network.replies(status, body)
    postback = PostbackFactory(offer=OfferFactory(postback_url=network.postback_url), conversion__order_id="1001")
    drain = Drain(concurrency=1)
    drain.run()
    drain.close()
    return postback


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "tracking.postbacks.outbox.settling"]


@pytest.mark.parametrize(("body", "status"), [("success=true;", "accepted"), ("success=false; Bad", "rejected")])
def test_each_result_is_a_line_with_its_fields(
    network: Network, caplog: pytest.LogCaptureFixture, body: str, status: str
) -> None:
    with caplog.at_level(logging.INFO, "tracking"):
        postback = delivered(network, 200, body)
    [line] = lines(caplog)
    fields = line.__dict__
    assert line.getMessage() == f"Order 1001: {status}."
    assert (fields["kind"], fields["order_id"], fields["postback_id"]) == ("postback", "1001", postback.pk)
    assert (fields["status"], fields["verdict"], fields["attempt"], fields["http_status"]) == (status, status, 1, 200)
    assert fields["duration_ms"] >= 0


def test_who_wants_no_such_lines_pays_nothing_for_them(
    network: Network, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracking.postbacks.outbox.settling._log", None)
    with caplog.at_level(logging.WARNING, "tracking"):
        delivered(network, 200, "success=true;")
    assert lines(caplog) == []


def test_a_completed_order_is_a_line_with_its_outcome(caplog: pytest.LogCaptureFixture) -> None:
    OfferFactory()
    with caplog.at_level(logging.INFO, "tracking"):
        order_completed.send(sender=None, order=completed_order(), request=visit_from("77"))
    [line] = [record.__dict__ for record in caplog.records if "outcome" in record.__dict__]
    assert (line["kind"], line["order_id"], line["outcome"]) == ("conversion", "1001", "credited")


def test_the_documented_formatter_writes_them_as_json(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    shown = re.search(r"To have them as JSON:\n\n```python\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    assert shown
    names: dict[str, Any] = {}
    exec(shown[1], names)  # our own documentation
    with caplog.at_level(logging.INFO, "tracking"):
        delivered(network, 200, "success=true;")
    written = json.loads(names["JsonLines"]().format(lines(caplog)[0]))
    assert written["message"] == "Order 1001: accepted."
    assert (written["order_id"], written["verdict"], written["level"]) == ("1001", "accepted", "INFO")
