"""Charts are whole numbers within their box, whatever is to be drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.reports.charts import HEIGHT, WIDTH, Part, round_top, shares, stacked
from tracking.reports.wording import grouped, percent

STACKS = st.lists(st.lists(st.integers(0, 10**7), min_size=3, max_size=3), min_size=1, max_size=130)


def named(stack: list[int]) -> list[tuple[str, int]]:
    return list(zip("abc", stack, strict=True))


@given(STACKS)
def test_bars_stay_in_their_box_and_their_parts_meet(stacks: list[list[int]]) -> None:
    labels = [str(number) for number in range(len(stacks))]
    for chart in (stacked(labels, list(map(named, stacks))), shares(labels, list(map(named, stacks)))):
        right = 0
        for bar in chart.bars:
            assert right <= bar.x < bar.x + bar.width <= WIDTH
            right = bar.x + bar.width
            foot = HEIGHT
            for part in bar.parts:
                assert part.height >= 1
                assert part.y + part.height == foot
                foot = part.y
            assert foot >= 0


def test_a_bar_is_as_high_as_its_sum() -> None:
    chart = stacked(["x"], [[("a", 5), ("b", 0), ("c", 3)]])
    assert chart.top == 8
    assert chart.bars[0].parts == (Part("a", 75, 125), Part("c", 0, 75))


def test_shares_fill_the_bar() -> None:
    assert shares(["x"], [[("a", 1), ("b", 3)]]).bars[0].parts == (Part("a", 150, 50), Part("b", 0, 150))


def test_nothing_is_drawn_of_nothing() -> None:
    assert stacked(["x"], [[("a", 0)]]).bars[0].parts == ()


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (9, 10), (11, 20), (61, 80), (100, 100), (101, 200)])
def test_the_scale_ends_at_an_even_round_number(most: int, top: int) -> None:
    assert round_top(most) == top


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        *((12, 100, "12 %"), (1, 3, "33 %"), (1, 30, "3.3 %"), (0, 5, "0 %"), (5, 5, "100 %"), (5, 0, ""), (6, 5, "")),
        *((3, 9791, "0.1 %"), (9790, 9791, "99 %")),
    ],
)
def test_a_share_is_written_shortly(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_thousands_stand_apart_in_no_locales_way() -> None:
    assert grouped(1234567) == "1\u202f234\u202f567"
