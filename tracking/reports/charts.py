"""Charts as integers for a template to draw: bars in a box of 1000 by 200, stretched by the page. Plain rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1000
HEIGHT: Final = 200
_GAP: Final = 6  # parts of a hundred of a bar's room, on each side
_ROUND: Final = (2, 4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar; `kind` gives its colour."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from its lowest part upwards."""

    label: str
    x: int
    width: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, with the number at the top of the scale."""

    bars: tuple[Bar, ...]
    top: int

    @property
    def middle(self) -> int:
        return self.top // 2


Stack = Sequence[tuple[str, int]]
"""Kinds with their numbers, the lowest first."""


def stacked(labels: Sequence[str], stacks: Sequence[Stack]) -> Chart:
    """A bar for each stack, as high as its sum."""
    top = round_top(max((sum(number for _, number in stack) for stack in stacks), default=0))
    return Chart(_bars(labels, stacks, [top] * len(stacks)), top)


def shares(labels: Sequence[str], stacks: Sequence[Stack]) -> Chart:
    """A bar of full height for each stack that is not empty, divided by shares in percent."""
    return Chart(_bars(labels, stacks, [sum(number for _, number in stack) for stack in stacks]), 100)


def round_top(most: int) -> int:
    """The even round number at or above `most`, so that half of it is a whole number."""
    size = 1
    while True:
        for step in _ROUND:
            if step * size >= most:
                return step * size
        size *= 10


def _bars(labels: Sequence[str], stacks: Sequence[Stack], tops: Sequence[int]) -> tuple[Bar, ...]:
    return tuple(
        Bar(label, *_place(number, len(stacks)), _parts(stack, top))
        for number, (label, stack, top) in enumerate(zip(labels, stacks, tops, strict=True))
    )


def _place(number: int, bars: int) -> tuple[int, int]:
    """Where a bar stands and how wide it is, never less than one."""
    left, right = (WIDTH * 100 * place // bars for place in (number, number + 1))
    gap = (right - left) * _GAP // 100
    x = (left + gap) // 100
    return x, max((right - gap) // 100 - x, 1)


def _parts(stack: Stack, top: int) -> tuple[Part, ...]:
    """Heights are differences of rounded heights, so that a bar's parts meet; what is not nothing can be seen."""
    parts, summed, reached = [], 0, 0
    there = [(kind, number) for kind, number in stack if number]
    for above, (kind, number) in zip(range(len(there) - 1, -1, -1), there, strict=True):
        summed += number
        height = min(max(HEIGHT * summed // top, reached + 1), HEIGHT - above)  # room for those above it
        parts.append(Part(kind, HEIGHT - height, height - reached))
        reached = height
    return tuple(parts)
