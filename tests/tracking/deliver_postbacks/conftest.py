"""A shop that owes postbacks, and a server that keeps requests waiting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.network import Network
from tests.tracking.deliver_postbacks.gate import Gate
from tests.tracking.processes import Machine, copied, migrated


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("deliver"))


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path)


@pytest.fixture
def machine(database: Path, network: Network) -> Machine:
    """Owes twenty postbacks to `network`."""
    machine = Machine(database, port=0)
    machine.run(f"""
        from tests.factories import OfferFactory
        OfferFactory(postback_url={network.postback_url!r})
        owe(20)
    """)
    return machine


@pytest.fixture
def gate(network: Network) -> Iterator[Gate]:
    gate = Gate(network)
    yield gate
    gate.open()
