"""A transport for the tests, in a hurry or patient, and how they speak TLS."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import trustme

from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.transport import Transport
from tracking.postbacks.verdicts import NoReply, Reply, Verdict, judge

QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)
PATIENT = Timeouts(connect=5, read=5, whole=10)  # where an answer comes, however busy the machine is
HOST = "127.0.0.1"
OPEN_ENDED = b"HTTP/1.1 200 OK\r\n\r\n"


@contextmanager
def opened(timeouts: Timeouts = QUICK, *, allows_private: bool = True) -> Iterator[Transport]:
    transport = Transport(
        user_agent="tests/1", is_private_allowed=lambda host: allows_private and host == HOST, timeouts=timeouts
    )
    try:
        yield transport
    finally:
        transport.close()


def tls_context(authority: trustme.CA, name: str = HOST) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def not_sent(outcome: Reply | NoReply) -> str:
    """Check that the request is known not to have left, and return why."""
    assert isinstance(outcome, NoReply)
    assert judge(outcome).verdict is Verdict.NOT_SENT, outcome
    return outcome.error
