"""`manage.py demo` where it cannot start: it says what is wrong and what to do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.journeys.conftest import ROOT, free_port


def start(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "demo", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "1",
            "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
            "TRACKING_POSTBACK_HOSTS": "127.0.0.1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = start(tmp_path, "--port", str(port), "--sandbox-port", str(free_port()))
    assert ended.returncode == 1
    assert f"Port {port} cannot be used" in ended.stderr
    assert f"make demo PORT={port + 1} SANDBOX_PORT=" in ended.stderr


def test_one_port_for_both_is_wrong_usage(tmp_path: Path) -> None:
    ended = start(tmp_path, "--port", "8000", "--sandbox-port", "8000")
    assert ended.returncode == 2
    assert "cannot share port 8000" in ended.stderr


def test_it_is_not_for_production(tmp_path: Path) -> None:
    ended = start(tmp_path, DEBUG="0", SECRET_KEY="k" * 60, ALLOWED_HOSTS="shop.example")
    assert ended.returncode == 1
    assert "make demo" in ended.stderr
