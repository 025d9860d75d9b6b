"""Aspire as the tests see it: a real HTTP server on this machine that answers as it is told."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


class Network:
    """Answers every postback the way the test says, and keeps what it received."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self.replies(200, "success=true;")

    @property
    def postback_url(self) -> str:
        """A pasted postback URL that leads here."""
        return self._server.url_for("/aff_lsr") + (
            "?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
        )

    def replies(self, status: int, body: str = "", headers: dict[str, str] | None = None) -> None:
        """Answer with this from now on."""
        self.replies_by(lambda _request: Response(body, status, headers or {}))

    def replies_by(self, handler: Callable[[Request], Response]) -> None:
        """Let `handler` answer from now on."""
        self._server.clear_all_handlers()
        self._server.expect_request("/aff_lsr").respond_with_handler(handler)

    @property
    def received(self) -> list[dict[str, str]]:
        """The query of each postback received, oldest first."""
        targets = (request.full_path for request, _response in self._server.log)
        return [{name: values[-1] for name, values in parse_qs(urlsplit(t).query).items()} for t in targets]


@pytest.fixture
def network(httpserver: HTTPServer) -> Iterator[Network]:
    network = Network(httpserver)
    yield network
    httpserver.check_assertions()
