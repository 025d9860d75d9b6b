"""No secret is shown, whoever logs."""

import logging

import pytest

from tests.tracking import fault_server
from tests.tracking.fault_server import FaultServer, Script, once, refusing_port, reply
from tests.tracking.transport.steps import HOST
from tracking.postbacks.transport import Transport

TOKEN = "5ec2e7" + "0" * 26


@pytest.mark.parametrize(
    ("script", "name"),
    [
        (once(reply()), "security_token"),
        (once(reply()), "sig"),
        (once(b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\nsuccess=true;"), "sig"),
        (fault_server.silent, "sig"),
        (fault_server.reset_after_reading, "sig"),
    ],
    ids=["by its name", "by its value", "in a warning", "no answer", "reset"],
)
def test_secrets_are_masked_in_what_is_logged_and_returned(
    transport: Transport, caplog: pytest.LogCaptureFixture, script: Script, name: str
) -> None:
    secrets = (TOKEN,) if name == "sig" else ()
    with caplog.at_level(logging.DEBUG), FaultServer(script) as server:
        outcome = transport.get(f"{server.url}&{name}={TOKEN}", host=HOST, secrets=secrets)

    assert TOKEN in server.targets[0]
    assert TOKEN not in repr(outcome)
    assert TOKEN not in caplog.text


def test_a_refused_connection_shows_no_secret(transport: Transport, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), refusing_port() as port:
        outcome = transport.get(
            f"https://127.0.0.1:{port}/?security_token={TOKEN}&sig=abc%2Fdef", host=HOST, secrets=("abc/def",)
        )

    for text in (repr(outcome), caplog.text):
        assert TOKEN not in text
        assert "abc" not in text


def test_log_lines_of_others_that_hold_no_secret_are_left_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3.connectionpool").debug("%s and %s", "one", 2)

    assert caplog.records[0].args == ("one", 2)
