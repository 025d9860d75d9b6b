"""`diagnose_tracking`: is the live set-up in order, as a shopper meets it?"""

from argparse import ArgumentParser
from collections import Counter
from textwrap import wrap
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.management.base import CommandError
from django.utils import timezone

from tracking.management.base import TrackingCommand, one_line, wrong_usage
from tracking.reports.diagnose import Level, Result, bad_id, diagnose
from tracking.reports.wording import count

WIDTH: Final = 110  # characters of a line; addresses are not broken
LEVEL_WIDTH: Final = 9
CHECK_WIDTH: Final = 16


class Command(TrackingCommand):
    """Check everything that can be checked from here; exit 0 only without a fault."""

    help = "Check a live set-up the way a shopper meets it: settings, offers, delivery, and with --url the landing."
    requires_system_checks: list[str] = []  # they are the first thing it tells

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without --url only what this machine shows is checked."""
        parser.add_argument(
            "--url",
            default="",
            help="A landing as Aspire's link leads to it, such as https://shop.example/?affiliate_id=1. About ten new "
            "visitors open it; none orders anything. Quote it for the shell.",
        )
        parser.add_argument(
            "--cookie",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="With --url: a cookie that the visitors bring, such as the one that says they consented. Repeatable.",
        )

    def handle(self, *args: Any, url: str, cookie: list[str], **options: Any) -> None:
        """Tell each result as it comes."""
        host = _host(url) if url else ""
        if bad := [text for text in cookie if "=" not in text]:
            raise wrong_usage(f"--cookie is {bad[0]!r}: give NAME=VALUE.")
        levels: Counter[Level] = Counter()
        faults: dict[str, None] = {}  # the checks, each once, in their order
        for result in diagnose(url=url, host=host, cookies="; ".join(cookie), now=timezone.now()):
            levels[result.level] += 1
            if result.level is Level.FAULT:
                faults[result.check] = None
            self._tell(result)
        if not url:
            self.stdout.write("The landing was not checked: give --url 'https://…/?affiliate_id=1'.")
        warnings = count(levels[Level.WARNING], "warning")
        if faults:
            raise CommandError(f"{count(levels[Level.FAULT], 'fault')} ({', '.join(faults)}), {warnings}.")
        self.stdout.write(self.style.SUCCESS(f"No fault, {warnings}."))

    def _tell(self, result: Result) -> None:
        style = {Level.OK: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.FAULT: self.style.ERROR}
        level = style[result.level](f"{result.level:<{LEVEL_WIDTH}}")
        first, *more = _lines(result.evidence)
        indent = " " * (LEVEL_WIDTH + CHECK_WIDTH)
        self.stdout.write(f"{level}{result.check:<{CHECK_WIDTH}}{first}")
        for line in [*more, *(_lines(f"→ {result.remedy}") if result.remedy else [])]:
            self.stdout.write(f"{indent}{line}")
        self.stdout.flush()


def _lines(text: str) -> list[str]:
    width = WIDTH - LEVEL_WIDTH - CHECK_WIDTH
    return wrap(one_line(text), width, break_long_words=False, break_on_hyphens=False) or [""]


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise wrong_usage(f"--url is {url!r}, which is no address ({error}).") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise wrong_usage(f"--url is {url!r}: give a whole address, such as https://shop.example/?affiliate_id=1.")
    if bad := bad_id(url):
        raise wrong_usage(f"--url carries {bad}, which is no id: put one in its place, such as 1.")
    return parts.hostname
