"""What went wrong with an exchange, in a sentence; the libraries' own words hold the whole URL."""

import re
import socket
import ssl
from http.client import HTTPException
from typing import TYPE_CHECKING, Final

import requests
from urllib3 import exceptions as urllib3_errors

from tracking.postbacks.exchanges import AddressRefusedError, Exchange, TooLateError
from tracking.postbacks.template import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

FORESEEN: Final = (requests.RequestException, urllib3_errors.HTTPError, HTTPException, OSError, ValueError)

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")  # some databases take no NUL


def describe(error: BaseException, exchange: Exchange) -> str:
    """Say in a sentence why there is no reply."""
    chain = list(_causes(error))
    timeouts, peer = exchange.timeouts, exchange.peer
    if exchange.was_cut:
        return f"no complete answer within {timeouts.whole:g} s"
    if exchange.was_sent:
        if any(isinstance(cause, TimeoutError | urllib3_errors.ReadTimeoutError) for cause in chain):
            return f"no answer within {timeouts.read:g} s"
        return "the connection broke before an answer"
    words = _CONTROL.sub(" ", mask(str(chain[-1]), *exchange.secrets))[:200]
    for cause in chain:
        match cause:
            case AddressRefusedError():
                return (
                    f"{peer} has the address {cause}, which is not public: refused. If it is a host of yours, name it "
                    "in TRACKING_POSTBACK_HOSTS"
                )
            case TooLateError():
                return "not sent: the lease was about to expire"
            case socket.gaierror():
                return f"the name {peer} cannot be resolved"
            case ssl.SSLError():
                return f"TLS with {peer} failed: {words}"
            case ConnectionRefusedError():
                return f"{peer} refused the connection"
            case TimeoutError() if exchange.sock is None:
                return f"no connection to {peer} within {timeouts.connect:g} s"
            case TimeoutError():
                return f"{peer} took the connection, but nothing more came of it within {timeouts.connect:g} s"
    return f"no connection to {peer}: {words}"


def was_too_late(error: BaseException) -> bool:
    """Tell whether the request was held back because its lease was about to expire."""
    return any(isinstance(cause, TooLateError) for cause in _causes(error))


def _causes(error: BaseException) -> "Iterator[BaseException]":
    """The error and what it wraps, outermost first, as `requests` and urllib3 nest it."""
    seen: set[int] = set()
    pending: list[BaseException] = [error]
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        nested = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        pending += [item for item in nested if isinstance(item, BaseException)]
