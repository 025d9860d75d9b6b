"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Nothing is lost now, as far as can be seen; a person should look."""
    FAULT = "fault"
    """Clicks, sales or postbacks are lost or held up."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found: what was looked at, the evidence, and what to do about it (empty where all is well)."""

    level: Level
    check: str
    evidence: str
    remedy: str = ""


def ok(check: str, evidence: str) -> Result:
    return Result(Level.OK, check, evidence)


def warning(check: str, evidence: str, remedy: str) -> Result:
    return Result(Level.WARNING, check, evidence, remedy)


def fault(check: str, evidence: str, remedy: str) -> Result:
    return Result(Level.FAULT, check, evidence, remedy)
