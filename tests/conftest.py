"""Fixtures that every ring shares."""

import pytest

from tests.network import network
from tests.tracking.sandbox_fixture import sandbox
from tracking.capture import tally
from tracking.postbacks.engines import watching

__all__ = ["network", "nothing_behind_a_tests_back", "sandbox"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="run what uses the database of DATABASE_URL; the rest gives the same result with every database",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        others = [item for item in items if not uses_database(item)]
        items[:] = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=others)


def uses_database(item: pytest.Item) -> bool:
    """Whether a test uses the database: pytest-django lets it, or it is marked. No other test can reach it."""
    if item.get_closest_marker("database_file"):
        return False
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("database_server")
    return bool(marked or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def nothing_behind_a_tests_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread writes counts of landings, or looks for trouble, while another test runs: a test calls it itself."""
    monkeypatch.setattr(tally, "write_later", lambda: None)
    tally._counts.clear()
    monkeypatch.setattr(watching, "wake", lambda: None)
