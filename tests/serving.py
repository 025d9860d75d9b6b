"""The shop as it runs for real: gunicorn, DEBUG off, static files hashed and compressed, on a free port."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEFAULT_APPLICATION = "config.wsgi:application"


@dataclass(frozen=True)
class Served:
    """Where the shop answers, and gunicorn's process."""

    address: str
    pid: int


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What the shop reads: its data and static files are in `folder`, TLS is left out."""
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "SECRET_KEY": "served-in-tests-" + "k" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "SESSION_COOKIE_SECURE": "0",
        "CSRF_COOKIE_SECURE": "0",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "TRACKING_ENGINE": "worker",
        "PAYMENT_VARIANTS": '{"default": ["payments.dummy.DummyProvider", {}]}',
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
        **more,
    }


def manage(environment: dict[str, str], *command: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command, "--verbosity=0"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )


@contextmanager
def gunicorn(
    environment: dict[str, str], folder: Path, *, application: str = DEFAULT_APPLICATION, workers: int = 1
) -> Iterator[Served]:
    """Serve for as long as the block lasts."""
    log = folder / f"gunicorn-{application.partition(':')[0]}.log"
    options = [
        "--bind=127.0.0.1:0",
        f"--workers={workers}",
        "--worker-class=gthread",
        "--threads=4",
        f"--log-file={log}",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, application], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    )
    try:
        yield Served(_address(process, log), process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until a worker is up, and read which port it was."""
    while process.poll() is None:
        written = log.read_text() if log.exists() else ""
        listening = re.search(r"Listening at: (http://[\d.:]+)", written)
        if listening and "Booting worker" in written:
            return listening[1]
    raise RuntimeError(f"gunicorn ended by itself: {log.read_text() if log.exists() else process.stderr}")
