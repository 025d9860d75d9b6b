"""The shop as the measurements see it: a process that places orders and tells how long each one took."""

import json
import subprocess
import sys
from dataclasses import dataclass

from tests.benchmarks.processes import ROOT, environment


@dataclass(frozen=True, slots=True)
class Orders:
    seconds: list[float]
    """What each order's transaction took."""
    plain: list[float]
    """The same of orders that tracking never heard of, where they were asked for."""
    rows_alone: list[float]
    """The same of orders with the rows that tracking writes, made up before, and nothing else of it."""
    errors: int
    """Orders that the database refused."""
    unrecorded: int
    """Orders that tracking has no conversion of."""
    queries: int
    """Queries that recording a credited order takes."""


def place_orders(count: int, *, is_beside_plain: bool = False, **values: str) -> Orders:
    """Place so many orders in a process with these environment variables; if asked, in turns with plain ones."""
    options = ["--beside-plain"] if is_beside_plain else []
    command = [sys.executable, "-m", "tests.benchmarks.shopper", str(count), *options]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(**values),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.kill()  # it need not wait for what its engine has under way
    assert line, f"The shop's process ended with {process.returncode}."
    return Orders(**json.loads(line))
