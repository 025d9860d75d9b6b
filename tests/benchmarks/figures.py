"""Figures: what a measurement hands back, and how it is printed. Ratios come first; absolute figures stand beside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: str
    value: float | None
    """None where it could not be measured; `beside` says why."""
    unit: str = "x"
    beside: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without a target, or without a value."""
        if self.value is None or (self.at_least is None and self.at_most is None):
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def line(self) -> str:
        value = f"{self.value:>9,.2f} {self.unit:<3}" if self.value is not None else f"{'-':>9} {self.unit:<3}"
        return f"{value} {self.name:<79} {self.beside:<40} {self._target}".rstrip()

    @property
    def _target(self) -> str:
        target = f"at least {self.at_least:g}" if self.at_least is not None else ""
        if self.at_most is not None:
            target = f"at most {self.at_most:g}"
        return target and f"{target}: {({True: 'met', False: 'MISSED', None: 'not measured'})[self.is_met]}"
