"""A server of Aspire's that does not answer yet."""

import threading

from werkzeug import Request, Response

from tests.network import Network


class Gate:
    """Keeps every request waiting until it is opened."""

    def __init__(self, network: Network) -> None:
        self.arrived, self._opened = threading.Event(), threading.Event()
        network.replies_by(self._answer)

    def open(self) -> None:
        self._opened.set()

    def _answer(self, _request: Request) -> Response:
        self.arrived.set()
        self._opened.wait(20)
        return Response("success=true;")
