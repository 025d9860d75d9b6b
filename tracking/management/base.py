"""What tracking's commands share: exit status 0 done, 1 not done (with the reason in one line), 2 wrong usage."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from tracking.models import Offer


class TrackingCommand(BaseCommand):
    """A command that tells a database it cannot use in one line in place of a traceback."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except (DatabaseError, InterfaceError) as error:
            first_line = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"The database cannot be used: {first_line}. Check the database settings, and run `manage.py migrate`."
            ) from error


def wrong_usage(message: str) -> CommandError:
    """The error for what cannot be right as it was typed: exit status 2."""
    return CommandError(message, returncode=2)


def file_to_write(text: str) -> Path:
    """An argument that names a file to write. Raises ArgumentTypeError where it can be none."""
    path = Path(text)
    if not path.name or path.is_dir():
        raise ArgumentTypeError(f"{text!r} is no file to write: give its name, such as orders.csv.")
    return path


def one_line(text: str) -> str:
    """Make what came from outside fit for a terminal: one line, no control characters."""
    return "".join(char if char.isprintable() else "�" for char in " ".join(text.split()))


def find_offer(offer_id: str | None) -> Offer:
    """The offer of that id, or the default one. Raises CommandError when there is none."""
    if offer_id is None:
        offer = Offer.objects.named_or_default("")
        if offer is None and not Offer.objects.exists():
            raise wrong_usage("There is no offer yet: set one up with set_offer.")
        if offer is None:
            raise wrong_usage("No active offer is the default: name one with --offer, or make one the default.")
        return offer
    found = Offer.objects.filter(offer_id=offer_id).first()
    if found is None:
        known = ", ".join(Offer.objects.values_list("offer_id", flat=True)[:20]) or "none yet (see set_offer)"
        raise wrong_usage(f"There is no offer {offer_id}. Known: {known}.")
    return found
