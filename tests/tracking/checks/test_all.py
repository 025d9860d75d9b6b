"""All checks together: they are quiet where all is right, and each is described."""

import re
from pathlib import Path

from django.core.checks import run_checks

from tracking.checks import engines


def test_the_reference_shop_is_in_order() -> None:
    assert [message for message in run_checks() if "tracking." in (message.id or "")] == []


def test_each_check_has_an_id_of_its_own_and_a_hint() -> None:
    folder = Path(engines.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    used = re.findall(r'id="tracking\.([EW]\d{3})"', source)
    assert len(used) == len(set(used))
    assert source.count("hint=") == len(used)
    described = (folder.parents[1] / "docs" / "operations.md").read_text()
    assert set(used) == set(re.findall(r"`tracking\.([EW]\d{3})`", described))
