"""`run_sandbox`: a local stand-in for Aspire, with creator links, a postback address and a page."""

import errno
import signal
import threading
from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking.sandbox import Sandbox
from tracking.sandbox.offers import DEFAULT_OFFER_URL


class Command(BaseCommand):
    """Run the stand-in until Ctrl-C or SIGTERM."""

    help = "Run a local stand-in for Aspire: creator links, a postback address, and a page to watch both."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Each option has a default that fits the reference shop on its usual port."""
        parser.add_argument("--port", type=int, default=9000, help="Port to listen on (default: %(default)s).")
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="Address to listen on (default: %(default)s, this machine alone).",
        )
        parser.add_argument(
            "--offer-url",
            default=DEFAULT_OFFER_URL,
            help="Where creators' links lead, with Aspire's macros (default: %(default)s).",
        )
        parser.add_argument("--offer-id", default="12345", help="The offer's id (default: %(default)s).")
        parser.add_argument(
            "--other-host",
            action="append",
            default=[],
            metavar="HOST[:PORT]",
            help="A further host of the shop that deep links may lead to; may be given several times.",
        )
        parser.add_argument(
            "--security-token", default="", help="Store sales that come without this token as rejected."
        )
        parser.add_argument(
            "--deduplicates",
            action="store_true",
            help="Refuse a repeated order id in place of counting it again.",
        )

    def handle(
        self,
        *args: Any,
        host: str,
        port: int,
        offer_url: str,
        offer_id: str,
        other_host: list[str],
        security_token: str,
        deduplicates: bool,
        **options: Any,
    ) -> None:
        """Serve until told to end."""
        if not 0 <= port <= 65535:
            raise CommandError(f"--port {port}: give a number from 0 (any free port) to 65535.", returncode=2)
        if not offer_id.strip():
            raise CommandError("--offer-id is empty: give one, such as 12345.", returncode=2)
        try:
            sandbox = Sandbox(
                host=host,
                port=port,
                offer_url=offer_url,
                offer_id=offer_id,
                other_hosts=other_host,
                security_token=security_token,
                deduplicates=deduplicates,
            )
        except ValueError as wrong:
            raise CommandError(f"--offer-url: {wrong}", returncode=2) from wrong
        for ending in (signal.SIGINT, signal.SIGTERM):
            # Also where a shell started this in the background and had SIGINT ignored.
            signal.signal(ending, signal.default_int_handler)
        try:
            self._serve(sandbox)
        except KeyboardInterrupt:
            self.stdout.write("The sandbox has ended.")
        except OSError as error:
            raise CommandError(_explain(error, host, port)) from error

    def _serve(self, sandbox: Sandbox) -> None:
        with sandbox:
            self.stdout.write(
                f"A local Aspire is running; Ctrl-C ends it.\n"
                f"  Watch it      {sandbox.url}/\n"
                f"  Creator link  {sandbox.short_link()}\n"
                f"  Postback URL  {sandbox.postback_url}"
            )
            if not _is_loopback(sandbox.host):
                self.stdout.write(
                    self.style.WARNING(f"  It listens on {sandbox.host}: others can reach it and switch it too.")
                )
            self.stdout.flush()
            threading.Event().wait()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _explain(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} on {host} is taken by another program, perhaps an earlier sandbox. "
                f"End that, or choose another port: --port {port + 1 if port < 65535 else 9000}"
            )
        case errno.EACCES:
            return f"Port {port} needs administrator's rights. Choose one above 1023, such as --port 9000"
        case _:
            return f"Cannot listen on {host}, port {port}: {error.strerror or error}. Try --host 127.0.0.1"
