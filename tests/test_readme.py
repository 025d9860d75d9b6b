"""README and code say the same: commands, settings, states, make targets."""

import re
from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from tracking import conf as conf_module
from tracking.models import Postback
from tracking.postbacks.engines import ENGINES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
APP_README = (ROOT / "tracking" / "README.md").read_text()


def section(title: str) -> str:
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


def test_the_command_table_lists_every_command() -> None:
    ours = {name for name, app in get_commands().items() if app in {"tracking", "store"}}
    assert first_cells(section("Commands")) == ours


def test_the_state_table_lists_every_state() -> None:
    assert first_cells(section("What each state means")) == set(Postback.Status.values)


def test_the_engine_table_lists_every_engine() -> None:
    assert first_cells(section("Who sends: engines")) == set(ENGINES)


_CONF = "".join(path.read_text() for path in Path(conf_module.__file__).parent.glob("*.py"))
NAMES = sorted(set(re.findall(r'"(TRACKING_[A-Z_]+)"', _CONF)))


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_table_gives_each_default(name: str, settings: Any) -> None:
    row = re.search(rf"^\| `{name}` \| `([^`]+)` \|", section("Settings"), re.MULTILINE)
    assert row, f"{name} is missing in the README's table"
    if hasattr(settings, name):
        delattr(settings, name)
    default = getattr(conf_module.conf, name.removeprefix("TRACKING_").lower())
    assert literal_eval(row[1]) == (list(default) if isinstance(default, tuple) else default)


def test_the_settings_table_lists_no_setting_that_is_gone() -> None:
    assert first_cells(section("Settings")) == set(NAMES)


def test_the_reference_shop_reads_every_setting_from_the_environment() -> None:
    config = (ROOT / "config" / "settings.py").read_text()
    assert {name for name in NAMES if f'"{name}"' not in config} == set()


def test_the_example_environment_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    assert {name for name in NAMES if name not in example} == set()


@pytest.mark.parametrize("text", [README, APP_README], ids=["README.md", "tracking/README.md"])
def test_every_make_target_that_is_named_exists(text: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^\$ |`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("text", [README, APP_README], ids=["README.md", "tracking/README.md"])
def test_every_command_that_is_shown_exists(text: str) -> None:
    shown = set(re.findall(r"manage\.py ([a-z_]+)", text))
    assert shown <= set(get_commands())


def test_the_public_face_can_be_imported_as_shown() -> None:
    shown = re.search(r"## What you may build on\n\n```python\n(.*?)```", APP_README, re.DOTALL)
    assert shown
    exec(shown[1], {})  # our own README
