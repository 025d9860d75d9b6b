"""What the tests of the intake share: servers under names, and a drain."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.tracking.fault_server import FaultServer, Script
from tests.tracking.intake.steps import QUERY, offer_at
from tracking.models import Offer
from tracking.postbacks import intake as intake_module
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.worker import Drain


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process writes down is seen at the next look."""
    monkeypatch.setattr(intake_module, "REFRESH", 0.0)


@pytest.fixture
def servers() -> Iterator[Callable[[str, Script], Offer]]:
    """Makes offers, each at a server of its own under that name."""
    with ExitStack() as stack:

        def serve(host: str, script: Script) -> Offer:
            server = stack.enter_context(FaultServer(script))
            offer = offer_at(host)
            Offer.objects.filter(pk=offer.pk).update(postback_url=f"http://{host}:{server.port}/?{QUERY}")
            offer.refresh_from_db()
            return offer

        yield serve


@pytest.fixture
def drain() -> Iterator[Drain]:
    drain = Drain(concurrency=4, timeouts=Timeouts(connect=2, read=20, whole=20))
    yield drain
    drain.close()
