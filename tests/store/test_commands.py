"""The shop's commands where something is wrong: one line says what, and nothing is changed."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from store.models import Order
from tests.tracking.terminal import run_manage

from .factories import OrderFactory


@pytest.mark.django_db
@pytest.mark.parametrize("hours", ["-1", "nan", "inf", "99999999999999", "two"])
def test_hours_that_are_none_cancel_nothing(hours: str) -> None:
    OrderFactory()
    with pytest.raises(CommandError, match="is not a number of hours"):
        call_command("cancel_unpaid_orders", f"--hours={hours}")
    assert Order.objects.get().status == "placed"


@pytest.mark.parametrize("command", ["cancel_unpaid_orders", "renew_subscriptions", "seed_store"])
def test_a_database_that_cannot_be_used_is_told_in_one_line(command: str, tmp_path: Path) -> None:
    ended = run_manage(
        command, database=tmp_path / "empty.sqlite3", DJANGO_SETTINGS_MODULE="config.settings", DEBUG="1"
    )
    assert ended.status == 1
    assert ended.err.startswith("CommandError: The database cannot be used: no such table")
    assert ended.err.count("\n") == 1
