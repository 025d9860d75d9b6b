"""`run_sandbox`, the command."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from django.core.management import CommandError, call_command

from tests.tracking.processes import ROOT
from tests.tracking.sandbox.steps import TIMEOUT
from tracking.sandbox import Sandbox


@contextmanager
def command(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "run_sandbox", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
    finally:
        process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_end(ending: signal.Signals) -> None:
    with command("--port", "0") as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4)]
        url = lines[1].split()[-1]
        assert requests.get(url, timeout=TIMEOUT).status_code == 200
        process.send_signal(ending)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_told_with_what_to_do(sandbox: Sandbox) -> None:
    with command("--port", str(sandbox.port)) as process:
        _, errors = process.communicate(timeout=TIMEOUT * 4)
    assert process.returncode == 1
    assert f"Port {sandbox.port} on 127.0.0.1 is taken" in errors
    assert "--port" in errors


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--port", "99999"], "--port 99999"),
        (["--offer-url", "shop"], "give a whole address"),
        (["--offer-url", "http://shop.test/"], "carries neither"),
        (["--offer-url", "http://[/?{affiliate_id}"], "--offer-url"),
    ],
)
def test_wrong_usage_exits_2(options: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=re.escape(reason)) as wrong:
        call_command("run_sandbox", *options)
    assert wrong.value.returncode == 2
