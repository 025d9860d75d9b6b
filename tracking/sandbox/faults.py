"""What can go wrong at Aspire, for a person or a test to switch on. Sockets are misused in `connections`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypedDict, Unpack

from tracking.sandbox.wire import Response

ELSEWHERE = "/elsewhere"  # where the fault `redirect` leads
HOLD_LIMIT = 120.0  # seconds after which a stalled or dripping reply is given up


class Fault(StrEnum):
    """A way to fail.

    `counts` tells whether the sale is recorded all the same, unless the plan says otherwise: after a
    time-out, a reset or a 500 the shop cannot know, and Aspire may well have processed the request; 429 and
    503 say that it has not. `seconds` is how long it takes, or what `Retry-After` says.
    """

    label: str
    effect: str
    counts: bool
    seconds: float

    def __new__(cls, value: str, label: str = "", effect: str = "", counts: bool = False, seconds: float = 0) -> Self:
        fault = str.__new__(cls, value)
        fault._value_ = value
        fault.label, fault.effect, fault.counts, fault.seconds = label, effect, counts, seconds
        return fault

    REFUSE = "refuse", "Refuse", "HTTP 200 that says success=false, with a message", False
    STALL = "stall", "Stall", "Reads the request and never answers", True, HOLD_LIMIT
    DROP = "drop", "Drop the connection", "Reads the request and hangs up", True
    SLOW = "slow", "Slow", "The right answer, some seconds late", True, 3
    SERVER_ERROR = "500", "500 Internal Server Error", "An error page", True
    BAD_GATEWAY = "502", "502 Bad Gateway", "A proxy's error page", True
    UNAVAILABLE = "503", "503 Service Unavailable", "Not now, with Retry-After", False, 30
    TOO_MANY = "429", "429 Too Many Requests", "Slow down, with Retry-After", False, 60
    GARBAGE = "garbage", "Garbage", "HTTP 200 with a web page in place of the verdict", False
    EMPTY = "empty", "Empty reply", "HTTP 200 without a body", True
    CUT = "cut", "Cut reply", "Hangs up in the middle of the verdict", True
    DRIP = "drip", "Dripping reply", "HTTP 200, byte by byte, without an end", True, HOLD_LIMIT
    REDIRECT = "redirect", "Redirect", "302 to another address, which must not be followed", False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A fault that is switched on: for the next `times` postbacks, None until it is switched off."""

    fault: Fault
    times: int | None = None
    counts: bool = False
    seconds: float = 0
    message: str = ""


class Figures(TypedDict, total=False):
    """A plan's figures, each optional.

    `times`: for how many postbacks; `counts`: whether the sale is recorded before failing; `seconds`:
    how long a slow, stalled or dripping reply takes, or what Retry-After says; `message`: a refusal's.
    """

    times: int | None
    counts: bool | None
    seconds: float | None
    message: str


def plan_fault(fault: Fault, **figures: Unpack[Figures]) -> Plan:
    """Return a plan, with the fault's own figures where none is given.

    A slow answer is a true one: it counts what it says it counts, whatever is asked. Raises ValueError.
    """
    times, counts, seconds = figures.get("times"), figures.get("counts"), figures.get("seconds")
    if times is not None and times < 1:
        raise ValueError(f"For the next {times} postbacks: give 1 or more, or leave it empty.")
    if seconds is not None and not 0 <= seconds <= HOLD_LIMIT:
        raise ValueError(f"{seconds} seconds: give 0 to {HOLD_LIMIT:.0f}.")
    return Plan(
        fault=fault,
        times=times,
        counts=fault.counts if counts is None or fault is Fault.SLOW else counts,
        seconds=fault.seconds if seconds is None else seconds,
        message=figures.get("message") or "Affiliate is not approved for this offer",
    )


def faulty_response(plan: Plan, right: Response) -> Response:
    """Return what the fault sends in place of the `right` response, as far as it is a whole response."""
    retry_after = (("Retry-After", f"{plan.seconds:.0f}"),)
    match plan.fault:
        case Fault.REFUSE:
            return Response(200, f"success=false; err_msg={plan.message};", right.content_type)
        case Fault.SERVER_ERROR | Fault.BAD_GATEWAY:
            return Response(int(plan.fault), f"<h1>{plan.fault.label}</h1>")
        case Fault.UNAVAILABLE | Fault.TOO_MANY:
            return Response(int(plan.fault), f"<h1>{plan.fault.label}</h1>", headers=retry_after)
        case Fault.GARBAGE:
            return Response(200, "<!doctype html><title>Welcome</title><h1>It works!</h1>")
        case Fault.EMPTY:
            return Response(200, "", right.content_type)
        case Fault.REDIRECT:
            return Response(302, headers=(("Location", ELSEWHERE),))
        case _:
            return right


def describe(plan: Plan | None, response: Response) -> str:
    """Say in one line what a postback was answered, for the log of requests."""
    match plan.fault if plan else None:
        case Fault.STALL:
            return "No answer: the connection was held"
        case Fault.DROP:
            return "No answer: the connection was closed"
        case Fault.CUT:
            return f"HTTP {response.status}, cut in the middle of {response.body!r}"
        case Fault.DRIP:
            return f"HTTP {response.status}, byte by byte, without an end"
        case _:
            return f"HTTP {response.status} {response.body}".rstrip()
