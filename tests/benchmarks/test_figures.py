"""What the benchmarks say of a target."""

import pytest

from tests.benchmarks.figures import Figure


@pytest.mark.parametrize(
    ("limits", "is_met"),
    [
        ({"at_least": 1.15}, True),
        ({"at_least": 1.2}, True),
        ({"at_least": 1.21}, False),
        ({"at_most": 1.2}, True),
        ({"at_most": 1.19}, False),
        ({}, None),
    ],
)
def test_a_target_is_met_or_missed(limits: dict[str, float], is_met: bool | None) -> None:
    assert Figure(name="worker / raw loop", value=1.2, **limits).is_met is is_met


def test_what_could_not_be_measured_meets_and_misses_nothing() -> None:
    assert Figure(name="worker / raw loop", value=None, at_least=1.15).is_met is None


def test_a_missed_target_is_seen() -> None:
    assert Figure(name="worker / raw loop", value=1.1, at_least=1.15).line.endswith("at least 1.15: MISSED")


def test_a_figure_without_a_target_says_nothing_of_one() -> None:
    line = Figure(name="worker / raw loop", value=1.2, beside="812/s").line
    assert line.split() == ["1.20", "x", "worker", "/", "raw", "loop", "812/s"]
