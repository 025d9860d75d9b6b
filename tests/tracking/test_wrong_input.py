"""Commands typed wrongly: each says in one line what is wrong, ends with 1 or 2, and changes nothing."""

from pathlib import Path

import pytest

from tests.factories import ConversionFactory, OfferFactory
from tests.tracking.exports import ago, listed, write
from tests.tracking.terminal import run
from tracking.models import Reconciliation

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["export_conversions", "--output", ""], "'' is no file to write"),
        (["export_conversions", "--output", "/"], "'/' is no file to write"),
        (["reconcile_postbacks", "export.csv", "--report", ""], "'' is no file to write"),
        (["explain_order", " "], "The order number is empty"),
        (["run_sandbox", "--offer-id", ""], "--offer-id is empty"),
    ],
)
def test_what_names_nothing_is_wrong_usage(command: list[str], said: str) -> None:
    ended = run(*command)
    assert ended.status != 0
    assert said in ended.err


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of one order that the shop has."""
    ConversionFactory.create(order_id="1001", offer=OfferFactory.create())
    return write(tmp_path / "export.csv", [listed("1001", at=ago(days=1))])


def test_a_report_does_not_take_the_place_of_a_folder(export: Path) -> None:
    ended = run("reconcile_postbacks", str(export), "--report", str(export.parent))
    assert ended.status != 0
    assert "is no file to write" in ended.err
    assert not Reconciliation.objects.exists()


def test_a_report_does_not_overwrite_the_export(export: Path) -> None:
    before = export.read_bytes()
    ended = run("reconcile_postbacks", str(export), "--report", f"{export.parent}/./export.csv")
    assert (ended.status, export.read_bytes()) == (2, before)
    assert "would be overwritten" in ended.err
    assert not Reconciliation.objects.exists()


def test_a_file_that_is_not_there_is_told_with_its_whole_path(tmp_path: Path) -> None:
    ended = run("reconcile_postbacks", f"{tmp_path}/gone.csv")
    assert ended.status == 1
    assert f"{tmp_path}/gone.csv: The file cannot be opened" in ended.err
