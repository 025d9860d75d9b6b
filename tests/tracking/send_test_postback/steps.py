"""The command, as somebody types it."""

from tests.tracking.terminal import Ended, run


def send(*arguments: str) -> Ended:
    return run("send_test_postback", *arguments)
