"""`demo`: the whole way on this machine: a local Aspire, the shop, an offer, an admin user, and what to open."""

import secrets
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from store.management.base import StoreCommand
from store.terms import add_demo_coupons
from tracking import exchange

HOST = "127.0.0.1"
OFFER_ID = "12345"
ADMIN = "admin"
START_TIMEOUT = 30  # seconds


class Command(StoreCommand):
    help = "Start the shop and a local Aspire with everything set up, and say what to open. `make demo` runs it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="Port of the shop (default: %(default)s).")
        parser.add_argument(
            "--sandbox-port", type=int, default=9000, help="Port of the local Aspire (default: %(default)s)."
        )

    def handle(self, *args: Any, port: int, sandbox_port: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo is for development: start it with `make demo` (or set DEBUG=1).")
        if port == sandbox_port:
            raise CommandError(f"Shop and sandbox cannot share port {port}: choose two.", returncode=2)
        _check_free(port, f"PORT={_another(port)} SANDBOX_PORT={sandbox_port}")
        _check_free(sandbox_port, f"PORT={port} SANDBOX_PORT={_another(sandbox_port)}")
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell that started it in the background ignores SIGINT
            signal.signal(number, signal.default_int_handler)
        password = self._set_up(sandbox_port)
        shop = f"http://{HOST}:{port}"
        sandbox = f"http://{HOST}:{sandbox_port}"
        try:
            with (
                _running(
                    "run_sandbox",
                    *("--port", str(sandbox_port), "--offer-id", OFFER_ID),
                    *("--offer-url", f"{shop}/?affiliate_id={{affiliate_id}}&offer_id={{offer_id}}"),
                ) as aspire,
                _running("runserver", "--noreload", f"{HOST}:{port}") as server,
            ):
                _wait_for(port, server)
                _wait_for(sandbox_port, aspire)
                self._say_what_to_open(shop, sandbox, password, port)
                _wait_for_end(aspire, server)
        except KeyboardInterrupt:
            self.stdout.write("\nThe demo has ended.")

    def _set_up(self, sandbox_port: int) -> str:
        """Fill the database; run again it keeps what is there. Returns the admin's new password."""
        call_command("migrate", verbosity=0)
        call_command("seed_store", verbosity=0, stdout=self.stdout)
        add_demo_coupons()
        if exchange.is_installed():
            exchange.store_rates("Demo rate", "EUR", {"USD": Decimal("1.0823")}, at=timezone.now())
        call_command(
            "set_offer",
            offer_id=OFFER_ID,
            name="Creators",
            postback_url=f"http://{HOST}:{sandbox_port}/aff_lsr?offer_id={OFFER_ID}"
            "&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID",
            default=True,
            stdout=self.stdout,
        )
        password = secrets.token_urlsafe(9)
        users = get_user_model().objects
        user = users.filter(username=ADMIN).first() or users.create_superuser(ADMIN, "admin@example.com")
        user.set_password(password)
        user.save()
        return password

    def _say_what_to_open(self, shop: str, sandbox: str, password: str, port: int) -> None:
        title = self.style.MIGRATE_HEADING
        self.stdout.write(
            f"""
{title("The shop and a local Aspire are running. Open, in this order:")}

  1. {sandbox}/SH1QbP
     a creator's link: it leads to the shop, which keeps the creator's id
  2. {shop}/shop/
     buy something: any name and address will do; “Pay” on the test payment page
     ({shop}/eur/shop/ sells in euros; Aspire is told dollars, at a rate made up for the demo)
  3. {sandbox}/
     Aspire's side: the click and the sale, credited to the creator; here you can make it fail, too
  4. {shop}/admin/tracking/postback/
     the shop's side: the postback log. User {ADMIN}, password {password}

In another terminal:
  make manage PORT={port} ARGS="explain_order NUMBER"      the whole story of an order
  make manage PORT={port} ARGS="renew_subscriptions"       what cron would run: subscriptions' parcels that are due
{_where_letters_go()}
{title("Ctrl-C ends everything.")}
"""
        )
        self.stdout.flush()


def _where_letters_go() -> str:
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    return f"\nThe letters that the shop writes are files in {folder}\n" if folder else ""


def _another(port: int) -> int:
    return port + 1 if port < 65535 else 8080


def _check_free(port: int, way_out: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used ({error}). Stop what listens there, or choose another: make demo {way_out}"
            ) from None


@contextmanager
def _running(*command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A management command in a process of its own, which ends with the block."""
    process = subprocess.Popen([sys.executable, sys.argv[0], *command], stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + START_TIMEOUT
    while time.monotonic() < give_up_at and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise CommandError(f"Nothing answers on port {port}; see above what it said.")


def _wait_for_end(*processes: "subprocess.Popen[bytes]") -> None:
    while all(process.poll() is None for process in processes):
        time.sleep(0.5)
    raise CommandError("One of the two servers ended by itself; see above what it said.")
