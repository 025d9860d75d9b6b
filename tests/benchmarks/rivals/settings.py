"""The benchmarks' settings with the rivals' apps; the migrations of theirs run in the benchmarks' databases alone."""

from tests.benchmarks.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "django_tasks_db", "tests.benchmarks.rivals"]  # noqa: F405
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405 - it knows no other database
    INSTALLED_APPS.append("procrastinate.contrib.django")
