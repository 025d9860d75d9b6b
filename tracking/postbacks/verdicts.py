"""What a reply means. The body decides before the status: Aspire answers yes and no alike with HTTP 200. Plain rules.

Words and shapes of the bodies: Aspire 6425578, TUNE's documentation of server postbacks.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """What one attempt came to."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """Aspire has this order already."""
    REJECTED = "rejected"
    UNCONFIRMED = "unconfirmed"
    """It may have been counted; the answer does not tell."""
    BUSY = "busy"
    """Asked to come back later: not counted."""
    NOT_SENT = "not_sent"
    """No byte of the request left: not counted."""
    FAILED = "failed"
    """Not counted, and repeating it as it is cannot help."""

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(verdict.value, verdict.value.replace("_", " ").capitalize()) for verdict in cls]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status line and as much of the body as was read."""

    http_status: int
    body: str
    is_complete: bool = True
    """False when the connection broke, or the time ran out, before the body's end."""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NoReply:
    """Nothing came back. `was_sent` tells whether a byte of the request may have left."""

    error: str
    was_sent: bool
    is_too_late: bool = False
    """It was this side that let the time pass in which it might have been sent: nothing is learnt of the host."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what it rests on: Aspire's own words, or what went wrong."""

    verdict: Verdict
    detail: str
    retry_after: timedelta = timedelta(0)
    """How long Aspire asked to wait at least."""


# Each is linear in the body's length, whatever the body: a reply must not be able to keep a thread busy.
_ANSWER = re.compile(
    r"[\s\ufeff]*succ?ess\s*=\s*(?P<answer>true|false)(?=[\s;]|\Z)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_OTHER_ANSWER = re.compile(r"succ?ess\s*=\s*(?P<answer>\w*)", re.IGNORECASE)
_MESSAGE = re.compile(r"err(?:or)?_?msg\s*=(?P<words>.*)", re.IGNORECASE | re.DOTALL)

_NOT_COUNTED = frozenset({408, 425, 429, 503})
_LEAST_WAIT = {429: timedelta(seconds=60)}


def judge(outcome: Reply | NoReply) -> Judgement:
    """Say what an attempt came to."""
    if isinstance(outcome, NoReply):
        return Judgement(Verdict.UNCONFIRMED if outcome.was_sent else Verdict.NOT_SENT, outcome.error)
    return _judge_body(outcome) or judge_status(outcome)


def _judge_body(reply: Reply) -> Judgement | None:
    found = _ANSWER.match(reply.body)
    if not found:
        return None
    answer, rest = found["answer"].lower(), found["rest"]
    message = _MESSAGE.search(rest)
    words = message["words"].strip("; \t\r\n") if message else ""
    others = (other["answer"].lower() for other in _OTHER_ANSWER.finditer(rest))
    if any(other != answer for other in others) or (answer == "true" and words):
        # Whatever the status: it may have been counted.
        return Judgement(Verdict.UNCONFIRMED, f"HTTP {reply.http_status}, a body that contradicts itself")
    is_cut = not reply.is_complete and ";" not in rest  # perhaps in the middle of the word that counts
    if answer == "true":
        if is_cut:
            return Judgement(Verdict.UNCONFIRMED, f"HTTP {reply.http_status}, the body broke off in its verdict")
        return Judgement(Verdict.ACCEPTED, "")
    if is_cut:
        return None
    if "duplicate" in words.lower():
        return Judgement(Verdict.DUPLICATE, words)
    return Judgement(Verdict.REJECTED, words or "success=false, without a message")


def judge_status(reply: Reply) -> Judgement:
    """Say what a reply means by its status alone."""
    status = reply.http_status
    if status in _NOT_COUNTED:
        asked = max(reply.retry_after or timedelta(0), _LEAST_WAIT.get(status, timedelta(0)))
        return Judgement(Verdict.BUSY, f"HTTP {status}", asked)
    if 400 <= status < 500:
        return Judgement(Verdict.FAILED, f"HTTP {status}")
    if status // 100 == 3:
        return Judgement(Verdict.UNCONFIRMED, f"HTTP {status}: a redirect, which is not followed")
    if status // 100 == 2:
        if not reply.is_complete:
            return Judgement(Verdict.UNCONFIRMED, f"HTTP {status}, the body broke off before its verdict")
        what = "a body without a verdict" if reply.body else "an empty body"
        return Judgement(Verdict.UNCONFIRMED, f"HTTP {status}, {what}")
    return Judgement(Verdict.UNCONFIRMED, f"HTTP {status}")
