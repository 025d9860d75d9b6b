"""What import-linter cannot see of the rules that hold the code together."""

import re
from pathlib import Path

import pytest

TRACKING = Path(__file__).parent.parent / "tracking"


def sources(*, outside: tuple[str, ...] = ()) -> dict[str, str]:
    """The text of every module of tracking by its path, but for those below `outside`."""
    paths = {path.relative_to(TRACKING).as_posix(): path for path in TRACKING.rglob("*.py")}
    return {name: path.read_text() for name, path in paths.items() if not name.startswith((*outside, "migrations/"))}


@pytest.mark.parametrize(
    ("pattern", "room"),
    [
        (r"from django\.conf import settings", "conf"),
        (r"\bos\.environ\b", "postbacks/transport.py"),
        (r"\.update\(\s*status=", "postbacks/outbox/"),
        (r"Postback\.objects\.(bulk_)?create|Postback\(", "postbacks/outbox/"),
    ],
    ids=["settings", "environment", "states", "rows"],
)
def test_one_room_alone_does_it(pattern: str, room: str) -> None:
    elsewhere = sources(outside=(room, "models/"))
    assert [name for name, text in elsewhere.items() if re.search(pattern, text)] == []


def test_no_module_asks_for_more_than_one_room() -> None:
    assert [name for name, text in sources().items() if len(text.splitlines()) > 350] == []
