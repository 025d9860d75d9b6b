"""Connections that know which exchange they serve: the address check, the deadline, the moment that bytes leave.

One of the three rooms that know the HTTP libraries; `transport` is their door, `failures` reads their errors.
"""

import logging
import socket
import threading
import time
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection

from tracking.postbacks.exchanges import Exchange, TooLateError, connect
from tracking.postbacks.template import mask

IDLE_LIMIT: Final = 4.0  # seconds; an older connection may be closed as we send, which looks like "processed"

current = threading.local()
"""This thread's exchange under way is its attribute `exchange`."""


class _Observed:
    """What both connection classes add: the address check, the deadline, and the moment that bytes leave."""

    sock: Any
    host: str
    port: int
    proxy: Any
    timeout: Any
    socket_options: Any
    _last_used = 0.0
    _is_connecting = False

    def connect(self) -> None:
        self._is_connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._is_connecting = False

    def _new_conn(self) -> socket.socket:
        exchange: Exchange = current.exchange
        must_be_public = not exchange.allows_private and not self.proxy
        exchange.peer = self.host
        try:
            sock = connect(self.host.strip("[]"), self.port, exchange.timeouts.connect, must_be_public=must_be_public)
        except OSError as error:  # bare, some of these would be taken for what happens while sending, and passed over
            raise urllib3_errors.NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        exchange.sock = sock
        exchange.deadline = time.monotonic() + exchange.timeouts.whole
        return sock

    def send(self, data: Any) -> None:
        exchange: Exchange = current.exchange
        if self.sock is None:
            self.connect()
        if not self._is_connecting:
            if exchange.send_before is not None and time.time() > exchange.send_before:
                raise TooLateError
            exchange.sock = self.sock
            exchange.deadline = min(exchange.deadline, time.monotonic() + exchange.timeouts.whole)
            exchange.was_sent = True
        self._last_used = time.monotonic()
        super().send(data)  # type: ignore[misc]

    @property
    def is_connected(self) -> bool:
        fresh = time.monotonic() - self._last_used < IDLE_LIMIT
        return fresh and super().is_connected  # type: ignore[misc]


class _PlainConnection(_Observed, HTTPConnection):
    pass


class _TLSConnection(_Observed, HTTPSConnection):
    def _tunnel(self) -> None:
        super()._tunnel()
        exchange: Exchange = current.exchange
        if exchange.was_cut:  # the proxy's answer ended with the connection: TLS over it would leave a socket behind
            raise ConnectionAbortedError("the proxy made no tunnel in time")


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        if proxy.lower().startswith("socks"):
            # Its connections could not tell whether the request left.
            raise requests.exceptions.InvalidSchema("SOCKS proxies are not supported; give an HTTP proxy")
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}
        return manager


class _SecretsFilter(logging.Filter):
    """Masks secrets in what urllib3 logs: at DEBUG it prints request targets whole."""

    def filter(self, record: logging.LogRecord) -> bool:
        exchange: Exchange | None = getattr(current, "exchange", None)
        message = record.getMessage()
        masked = mask(message, *(exchange.secrets if exchange else ()))
        if masked != message:
            record.msg, record.args = masked, ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.response"):
    logging.getLogger(_name).addFilter(_SecretsFilter())
