"""A real shop, a local Aspire and a real browser: the journeys run against `manage.py demo` itself."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys.shops import stock

ROOT = Path(__file__).parent.parent.parent
REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Demo:
    """Where everything is, as the command printed it."""

    shop: str
    sandbox: str
    creator_link: str
    log: str
    user: str
    password: str
    environment: dict[str, str]
    letters: Path

    def manage(self, *command: str) -> str:
        """Run a management command on the demo's data; what it printed."""
        ran = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def letters_to(self, email: str) -> list[EmailMessage]:
        """What the shop wrote to an address, oldest first."""
        paths = sorted(self.letters.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
        return [letter for letter in letters if letter["To"] == email]


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a shop that has not opened yet: making one takes longer than most journeys."""
    return stock(tmp_path_factory.mktemp("stocked"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`manage.py demo` on free ports with a database of its own."""
    folder = tmp_path_factory.mktemp("demo")
    port, sandbox_port = free_port(), free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
        "TRACKING_POSTBACK_HOSTS": "127.0.0.1",
        "TRACKING_ENGINE": "thread",
        "PAYMENT_HOST": f"127.0.0.1:{port}",
        "EMAIL_URL": f"filemail:///{folder}/letters",
        "MEDIA_ROOT": f"{folder}/media",
        "LOG_LEVEL": "WARNING",
    }
    with (folder / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port), "--sandbox-port", str(sandbox_port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        try:
            yield _read(printed + (folder / "errors.log").read_text(), environment, folder / "letters")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            assert process.returncode == 0


def _read(printed: str, environment: dict[str, str], letters: Path) -> Demo:
    steps = re.findall(r"^  \d\. (\S+)$", printed, re.MULTILINE)
    account = re.search(r"User (\S+), password (\S+)", printed)
    assert len(steps) == 4, printed
    assert account, printed
    creator_link, shop, sandbox, log = steps
    return Demo(
        shop=shop.removesuffix("/shop/"),
        sandbox=sandbox.rstrip("/"),
        creator_link=creator_link,
        log=log,
        user=account[1],
        password=account[2],
        environment=environment,
        letters=letters,
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as Debian and others install it."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        message = f"no browser: none of {', '.join(BROWSERS)} is installed"
        if REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--host-resolver-rules=MAP *.test 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A shopper's browser, new and without cookies."""
    context = browser.new_context(viewport=request.param)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """For roads that differ little with the size: a shopper's browser on a phone alone."""
    context = browser.new_context(viewport=PHONE)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(params=[("light", DESKTOP), ("dark", PHONE)], ids=["light desktop", "dark phone"])
def desk(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The merchant's browser."""
    scheme, viewport = request.param
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()
