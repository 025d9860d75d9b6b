"""The stand-in on a real port: `Sandbox`, to start, ask, fault and stop."""

import threading
from typing import Self, Unpack
from urllib.parse import urlencode

from tracking.sandbox.aspire import Answer, Aspire, Options
from tracking.sandbox.connections import ACCEPT_POLL, Listener
from tracking.sandbox.faults import ELSEWHERE
from tracking.sandbox.offers import TEST_CREATOR_ID, postback_query
from tracking.sandbox.order_details import DETAILS_PATH
from tracking.sandbox.site import respond
from tracking.sandbox.wire import Request

POSTBACK_PATH = "/aff_lsr"
_REACHED_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Sandbox(Aspire):
    """A local Aspire: `with Sandbox() as sandbox: …`, or `start()` and `stop()`.

    `port` 0 takes a free one; the rest is as for `Aspire`.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self._address = (host, port)
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    # Start and stop ---------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen. Raises OSError when the address cannot be had."""
        self._listener = Listener(self._address, self)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(ACCEPT_POLL,), daemon=True, name="sandbox"
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Let go of what is held, end all connections and free the port. The ledger stays readable."""
        if self._listener is None or self._thread is None:
            return
        self._switch.switch(None)
        self._details_switch.switch(None)
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        self._listener.close_connections()
        self._address = (self._address[0], self.port)
        self._listener = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    # Addresses --------------------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """Return the address it listens on."""
        return self._address[0]

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return self._listener.server_port if self._listener else self._address[1]

    @property
    def url(self) -> str:
        """Return the address of the page, without a slash at the end."""
        host = _REACHED_AT.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def postback_url(self) -> str:
        """Return the URL to paste into the shop, with Aspire's placeholders (Partner ID)."""
        return f"{self.url}{POSTBACK_PATH}?{postback_query(self.offer)}"

    @property
    def hash_postback_url(self) -> str:
        """Return the same with a hash path, which stands for the offer."""
        path, offer = next(self.catalogue.hash_paths())
        return f"{self.url}{path}?{postback_query(offer, names_offer=False)}"

    @property
    def transaction_postback_url(self) -> str:
        """Return the URL for the Transaction ID protocol."""
        return f"{self.url}{POSTBACK_PATH}?{postback_query(self.offer, by_transaction=True)}"

    @property
    def global_postback_url(self) -> str:
        """Return the Transaction ID URL that serves every offer (Aspire 7852711)."""
        return f"{self.url}{POSTBACK_PATH}?{postback_query(self.offer, names_offer=False, by_transaction=True)}"

    @property
    def order_details_url(self) -> str:
        """Return the address of the API for order details (Aspire 11182653)."""
        return f"{self.url}{DETAILS_PATH}"

    def creator_link(self, aff_id: str = "123456", **params: str) -> str:
        """Return a creator's link; `url=` makes it a deep link, macros included."""
        return f"{self.url}/aff_c?{urlencode({'offer_id': self.offer.offer_id, 'aff_id': aff_id, **params})}"

    def short_link(self, aff_id: str = "123456") -> str:
        """Return a creator's short link. Raises LookupError for one who has none."""
        creator = self.catalogue.creator(aff_id)
        if creator is None or not creator.short_code:
            raise LookupError(f"Creator {aff_id} has no short link.")
        return f"{self.url}/{creator.short_code}"

    @property
    def test_link(self) -> str:
        """Return Aspire's test link (Aspire 6425578)."""
        return self.creator_link(TEST_CREATOR_ID, source="testoffer", aff_sub="testoffer")

    # Answering --------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """Answer a request; called by each connection's thread."""
        if request.method == "POST" and request.path == DETAILS_PATH:
            return self.receive_details(request)
        if request.method == "GET":
            if request.path in {POSTBACK_PATH, ELSEWHERE}:
                return self.receive(request)
            for path, offer in self.catalogue.hash_paths():
                if request.path == path:
                    return self.receive(request, path_offer=offer)
        return Answer(respond(self, request))
