"""`send_alerts`: look whether something is wrong, and mail what is new; for cron and for trying it out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from tracking.conf import conf
from tracking.management.base import TrackingCommand, one_line
from tracking.models import Alert
from tracking.reports.wording import count
from tracking.watch import letters, rounds


class Command(TrackingCommand):
    """Have one round of the watch now; exit 0 when it could be had, 1 when news could not be mailed."""

    help = "Look whether something is wrong, and mail what is new. Workers do so by themselves every few minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without options it looks, notes and mails."""
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what is wrong: note nothing, mail nothing."
        )
        parser.add_argument("--test", action="store_true", help="Only mail a trial letter, to see that letters arrive.")

    def handle(self, *args: Any, dry_run: bool, test: bool, **options: Any) -> None:
        """Say what is wrong, one line each."""
        if test:
            self._send_trial()
            return
        now = timezone.now()
        found = rounds.findings(now=now)
        for finding in found:
            self.stdout.write(one_line(f"{Alert.Kind(finding.kind).label}: {finding.what}"))
        if not found:
            self.stdout.write("Nothing is wrong.")
        if dry_run:
            return
        rounds.look(now=now)
        told = letters.tell(now=now)
        if not conf.recipients:
            self.stdout.write("Nobody is mailed: name somebody in TRACKING_ALERT_RECIPIENTS or ADMINS.")
            return
        if Alert.objects.untold().filter(being_told_until=None).exists():
            raise CommandError("News could not be mailed: see the log, and try `manage.py send_alerts --test`.")
        self.stdout.write(f"Mailed: {count(told, 'alert')} to {count(len(conf.recipients), 'recipient')}.")

    def _send_trial(self) -> None:
        if not conf.recipients:
            raise CommandError("There is nobody to mail: name somebody in TRACKING_ALERT_RECIPIENTS or ADMINS.")
        try:
            letters.send(letters.compose_trial())
        except Exception as error:
            raise CommandError(f"The trial letter could not be sent ({type(error).__name__}): {error}") from error
        self.stdout.write(f"A trial letter went to {', '.join(conf.recipients)}.")
