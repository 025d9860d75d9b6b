"""The command `diagnose_tracking`: its usage, and its exit status without a landing."""

from typing import Any

import pytest

from tests.tracking.diagnose.steps import offer_at
from tests.tracking.fault_server import FaultServer, silent
from tests.tracking.terminal import run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--url", "shop.example/?affiliate_id=1"), "give a whole address"),
        (("--url", "ftp://shop.example/"), "give a whole address"),
        (("--url", "https://user:secret@shop.example/"), "give a whole address"),
        (("--url", "https://shop.example:port/"), "is no address"),
        (("--url", "https://shop.example/?affiliate_id={affiliate_id}"), "put one in its place, such as 1"),
        (("--url", "https://shop.example/?affiliate_id=a b"), "which is no id"),
        (("--url", "https://shop.example/?affiliate_id=1", "--cookie", "consent"), "give NAME=VALUE"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_checked(arguments: tuple[str, ...], error: str) -> None:
    ended = run("diagnose_tracking", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert error in ended.err


def test_a_set_up_without_a_fault_exits_0(settings: Any) -> None:
    settings.TRACKING_ENGINE = "thread"
    with FaultServer(silent) as server:
        offer_at(f"http://127.0.0.1:{server.port}")
        settings.DEBUG = True
        ended = run("diagnose_tracking")
    assert ended.status == 0
    assert ended.out.endswith("give --url 'https://…/?affiliate_id=1'.\nNo fault, 1 warning.\n")
