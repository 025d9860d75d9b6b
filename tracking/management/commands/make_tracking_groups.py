"""`make_tracking_groups`: groups for support, marketing and operations, with the permissions that each needs."""

from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from tracking.management.base import TrackingCommand
from tracking.reports.wording import count
from tracking.roles import ROLES


class Command(TrackingCommand):
    """Make the groups, or bring them up to date after an upgrade. People are put into them in the admin."""

    help = (
        "Make the groups "
        + ", ".join(f"“{role.name}” ({role.told})" for role in ROLES)
        + ". Groups that exist already get exactly these permissions of tracking; their others stay."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when there are no permissions to give."""
        if not apps.is_installed("django.contrib.auth"):
            raise CommandError("There are no groups: django.contrib.auth is not in INSTALLED_APPS.")
        from django.contrib.auth.models import Group, Permission

        known = list(Permission.objects.filter(content_type__app_label="tracking"))
        if not any(permission.codename == "view_overview" for permission in known):
            raise CommandError("Tracking's permissions are not there yet: run `manage.py migrate`.")
        for role in ROLES:
            group, is_new = Group.objects.get_or_create(name=role.name)
            wanted = {permission for permission in known if role.may(permission.codename)}
            had = set(group.permissions.filter(content_type__app_label="tracking"))
            group.permissions.add(*wanted - had)
            group.permissions.remove(*had - wanted)
            done = "Made" if is_new else "Left as it was" if had == wanted else "Brought up to date"
            self.stdout.write(f"{done}: {role.name}, {count(len(wanted), 'permission')}: {role.told}.")
