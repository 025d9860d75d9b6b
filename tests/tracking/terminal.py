"""Commands as an operator runs them: `run` in this process, `start_manage` as `manage.py` in one of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command

from tests.tracking.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str


def run(name: str, *arguments: str) -> Ended:
    """Run a command here; `err` ends with what `manage.py` would say of an error."""
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=err, no_color=True)
    except CommandError as error:
        return Ended(error.returncode, out.getvalue(), f"{err.getvalue()}{error}")
    return Ended(0, out.getvalue(), err.getvalue())


def start_manage(*arguments: str, database: Path | str, **environment: str) -> "subprocess.Popen[str]":
    """Start `manage.py` with the settings of the tests, on a database file or URL of its own."""
    url = database if isinstance(database, str) else f"sqlite:///{database}"
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "LOG_LEVEL": "WARNING",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_manage(*arguments: str, database: Path | str, **environment: str) -> Ended:
    """Run `manage.py` to its end."""
    with start_manage(*arguments, database=database, **environment) as process:
        out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)
