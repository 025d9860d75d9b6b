"""What the shop's commands have in common."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError


class StoreCommand(BaseCommand):
    """A command that tells a database it cannot use in one line in place of a traceback."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (DatabaseError, InterfaceError) as error:
            first_line = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"The database cannot be used: {first_line}. Check DATABASE_URL, and run `manage.py migrate`."
            ) from error
