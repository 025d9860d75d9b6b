"""The faults it can be told to have."""

import pytest
import requests

from tests.tracking.sandbox.steps import TIMEOUT, sale, send, sending
from tracking.sandbox import Fault, Sandbox
from tracking.sandbox.faults import plan_fault


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault.REFUSE, 200, "success=false; err_msg=Affiliate is not approved for this offer;"),
        (Fault.SERVER_ERROR, 500, "<h1>500 Internal Server Error</h1>"),
        (Fault.BAD_GATEWAY, 502, "<h1>502 Bad Gateway</h1>"),
        (Fault.UNAVAILABLE, 503, "<h1>503 Service Unavailable</h1>"),
        (Fault.TOO_MANY, 429, "<h1>429 Too Many Requests</h1>"),
        (Fault.GARBAGE, 200, "<!doctype html><title>Welcome</title><h1>It works!</h1>"),
        (Fault.EMPTY, 200, ""),
        (Fault.REDIRECT, 302, ""),
    ],
)
def test_a_fault_answers_in_its_own_way(sandbox: Sandbox, fault: Fault, status: int, body: str) -> None:
    sandbox.fault = fault
    reply = send(sandbox)
    assert (reply.status_code, reply.text) == (status, body)
    assert sandbox.requests[0].fault is fault
    assert sandbox.requests[0].counted == fault.counts


def test_retry_after_says_the_seconds_given(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.UNAVAILABLE, seconds=7)
    assert send(sandbox).headers["Retry-After"] == "7"


def test_a_redirect_that_is_followed_shows_in_the_log(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.REDIRECT
    requests.get(sandbox.postback_url, timeout=TIMEOUT)
    assert [request.path for request in sandbox.requests] == ["/aff_lsr", "/elsewhere"]
    assert sandbox.conversions == ()


def test_a_dropped_connection_ends_without_a_word(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.DROP
    with pytest.raises(requests.ConnectionError):
        send(sandbox)
    assert len(sandbox.conversions) == 1


def test_a_cut_reply_breaks_off_inside_the_verdict(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.CUT
    with requests.get(f"{sandbox.url}/aff_lsr", params=sale(), timeout=TIMEOUT, stream=True) as reply:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = reply.content
        assert reply.headers["Content-Length"] == "13"
    assert len(sandbox.conversions) == 1


def test_a_dripping_reply_goes_on_until_it_is_let_go(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.DRIP
    with requests.get(f"{sandbox.url}/aff_lsr", params=sale(), timeout=TIMEOUT, stream=True) as reply:
        assert reply.raw.read(2) == b"  "
        sandbox.fault = None
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = reply.content


@pytest.mark.parametrize("counts", [True, False])
def test_a_stalled_postback_waits_until_it_is_switched_off(sandbox: Sandbox, *, counts: bool) -> None:
    sandbox.switch_fault(Fault.STALL, counts=counts)
    with sending(sandbox) as outcome:
        sandbox.wait_for(held=1)
        assert len(sandbox.conversions) == counts
        sandbox.fault = None
    assert isinstance(outcome[0], requests.ConnectionError)
    assert sandbox.held == 0


def test_a_stalled_postback_waits_no_longer_than_its_seconds(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.STALL, seconds=0.01)
    with pytest.raises(requests.ConnectionError):
        send(sandbox)


def test_a_client_that_gives_up_is_not_waited_for(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.STALL
    with pytest.raises(requests.ReadTimeout):
        requests.get(sandbox.postback_url, timeout=0.05)
    sandbox.wait_until(lambda: sandbox.held == 0)
    assert len(sandbox.requests) == 1


def test_a_slow_answer_is_the_right_one(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.SLOW, counts=False)
    with sending(sandbox) as outcome:
        sandbox.wait_for(held=1)
        sandbox.fault = None
    assert isinstance(outcome[0], requests.Response)
    assert outcome[0].text == "success=true;"
    assert len(sandbox.conversions) == 1


def test_a_fault_ends_after_the_number_of_postbacks_given(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.SERVER_ERROR, times=2, counts=False)
    assert [send(sandbox).status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.fault is None
    assert len(sandbox.conversions) == 1


def test_what_waits_goes_on_waiting_when_a_fault_runs_out(sandbox: Sandbox) -> None:
    sandbox.switch_fault(Fault.STALL, times=1)
    with sending(sandbox, adv_unique1="1"):
        sandbox.wait_for(held=1)
        assert send(sandbox, adv_unique1="2").text == "success=true;"
        assert sandbox.held == 1
        sandbox.fault = None


def test_stopping_lets_go_of_what_is_held_and_keeps_the_books() -> None:
    aspire = Sandbox().start()
    aspire.fault = Fault.STALL
    with sending(aspire) as outcome:
        aspire.wait_for(held=1)
        aspire.stop()
    assert isinstance(outcome[0], requests.ConnectionError)
    assert len(aspire.conversions) == 1
    with Sandbox(port=aspire.port) as again:
        assert again.url == aspire.url


def test_links_and_the_page_work_whatever_the_fault(sandbox: Sandbox) -> None:
    sandbox.fault = Fault.DROP
    assert requests.get(sandbox.url, timeout=TIMEOUT).status_code == 200
    assert requests.get(sandbox.short_link(), timeout=TIMEOUT, allow_redirects=False).status_code == 302


@pytest.mark.parametrize("figures", [{"times": 0}, {"seconds": -1}, {"seconds": 1000}, {"seconds": float("nan")}])
def test_a_figure_that_makes_no_sense_is_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"give 0 to 120|give 1 or more"):
        plan_fault(Fault.SLOW, **figures)
