"""What replies mean, as tables."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.postbacks.verdicts import Judgement, NoReply, Reply, Verdict, judge

ACCEPTING = [
    "success=true;",
    "success=true",
    "SUCCESS=TRUE;",
    "Success = True ;",
    "sucess=true;",
    "\r\n  success=true;\r\n",
    "\ufeffsuccess=true;",
    "success=true;\n<!-- served by web7 -->",
    "success=true; err_msg=;",
    "success=true; success=true;",
]

REFUSING = {
    "success=false; err_msg=Invalid Trans. ID #17;": "Invalid Trans. ID #17",
    "success=false; err_msg=Request offer #1234 does not match session offer #2345.": (
        "Request offer #1234 does not match session offer #2345."
    ),
    "SUCCESS=FALSE; ERR_MSG=Paused": "Paused",
    "success=false;err_msg = Bad token ;": "Bad token",
    "success=false err_msg=Bad token": "Bad token",
    "success=false; error_msg=Bad token;": "Bad token",
    "success=false; errmsg=one; two;": "one; two",
    "success=false;": "success=false, without a message",
    "success=false": "success=false, without a message",
    "sucess=false; err_msg=;": "success=false, without a message",
}

WITHOUT_A_VERDICT = {
    "nothing": "",
    "blanks": " \r\n ",
    "html": "<html><body>Use success=true; to test</body></html>",
    "words later on": "The reply is success=true;",
    "json": '{"success": true}',
    "the words of a manual": "success=true|false; err_msg=text",
    "a longer word": "success=trueish;",
    "another value": "success=1;",
    "no value": "success=;",
    "only true": "true",
    "NUL in the word": "suc\0cess=true;",
    "another charset": b"success=true;".decode("utf-16-be", errors="replace"),
}

CONTRADICTING = {
    "true, then false": "success=true; success=false;",
    "false, then true": "success=false; success=true;",
    "true with a complaint": "success=true; err_msg=Duplicate conversion;",
    "true, then nonsense": "success=true; success=perhaps;",
}

BY_STATUS = {
    100: Verdict.UNCONFIRMED,
    103: Verdict.UNCONFIRMED,
    200: Verdict.UNCONFIRMED,
    202: Verdict.UNCONFIRMED,
    204: Verdict.UNCONFIRMED,
    301: Verdict.UNCONFIRMED,
    302: Verdict.UNCONFIRMED,
    304: Verdict.UNCONFIRMED,
    400: Verdict.FAILED,
    401: Verdict.FAILED,
    403: Verdict.FAILED,
    404: Verdict.FAILED,
    408: Verdict.BUSY,
    410: Verdict.FAILED,
    425: Verdict.BUSY,
    429: Verdict.BUSY,
    451: Verdict.FAILED,
    500: Verdict.UNCONFIRMED,
    501: Verdict.UNCONFIRMED,
    502: Verdict.UNCONFIRMED,
    503: Verdict.BUSY,
    504: Verdict.UNCONFIRMED,
    520: Verdict.UNCONFIRMED,
    999: Verdict.UNCONFIRMED,
}


@pytest.mark.parametrize("body", ACCEPTING)
@pytest.mark.parametrize("status", [200, 302, 404, 429, 500, 503])
def test_a_body_that_says_yes_is_accepted_whatever_the_status(body: str, status: int) -> None:
    assert judge(Reply(status, body)) == Judgement(Verdict.ACCEPTED, "")


@pytest.mark.parametrize(("body", "words"), list(REFUSING.items()), ids=list(REFUSING))
@pytest.mark.parametrize("status", [200, 400, 429, 500, 503])
def test_a_body_that_says_no_is_rejected_with_aspires_words(body: str, words: str, status: int) -> None:
    assert judge(Reply(status, body)) == Judgement(Verdict.REJECTED, words)


@pytest.mark.parametrize(
    "body",
    ["success=false; err_msg=Duplicate recorded with Trans. ID 10ab;", "success=false;err_msg=DUPLICATE conversion"],
)
def test_a_duplicate_is_told_from_other_refusals(body: str) -> None:
    assert judge(Reply(200, body)).verdict is Verdict.DUPLICATE


@pytest.mark.parametrize("body", list(WITHOUT_A_VERDICT.values()), ids=list(WITHOUT_A_VERDICT))
@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_body_without_a_verdict_leaves_it_to_the_status(body: str, status: int) -> None:
    assert judge(Reply(status, body)).verdict is BY_STATUS[status]


@pytest.mark.parametrize(("status", "verdict"), list(BY_STATUS.items()))
def test_each_status_has_its_verdict_where_the_body_has_none(status: int, verdict: Verdict) -> None:
    judgement = judge(Reply(status, "<html>"))

    assert judgement.verdict is verdict
    assert judgement.detail.startswith(f"HTTP {status}")


@pytest.mark.parametrize("body", list(CONTRADICTING.values()), ids=list(CONTRADICTING))
@pytest.mark.parametrize("status", [200, 404, 429, 503])
def test_a_body_that_contradicts_itself_may_have_been_counted(body: str, status: int) -> None:
    assert judge(Reply(status, body)).verdict is Verdict.UNCONFIRMED


@pytest.mark.parametrize(
    ("body", "status", "verdict"),
    [
        ("success=true;", 200, Verdict.ACCEPTED),
        ("success=true; ", 503, Verdict.ACCEPTED),
        ("success=false; err_msg=Pau", 200, Verdict.REJECTED),
        ("success=true", 200, Verdict.UNCONFIRMED),
        ("success=true", 503, Verdict.UNCONFIRMED),
        ("success=tru", 200, Verdict.UNCONFIRMED),
        ("success=false", 200, Verdict.UNCONFIRMED),
        ("succ", 200, Verdict.UNCONFIRMED),
        ("", 200, Verdict.UNCONFIRMED),
        ("", 503, Verdict.BUSY),
        ("<html>", 404, Verdict.FAILED),
    ],
)
def test_a_body_that_broke_off_tells_only_what_it_says_to_the_semicolon(
    body: str, status: int, verdict: Verdict
) -> None:
    assert judge(Reply(status, body, is_complete=False)).verdict is verdict


def test_a_request_that_may_have_left_is_unconfirmed() -> None:
    assert judge(NoReply("no answer", was_sent=True)) == Judgement(Verdict.UNCONFIRMED, "no answer")


def test_a_request_that_did_not_leave_was_not_counted() -> None:
    assert judge(NoReply("refused", was_sent=False)) == Judgement(Verdict.NOT_SENT, "refused")


@pytest.mark.parametrize(
    ("status", "asked", "wait"),
    [(429, None, 60), (429, 5, 60), (429, 90, 90), (503, None, 0), (503, 7, 7), (408, 3, 3)],
)
def test_how_long_to_wait_at_least_comes_from_retry_after_and_is_a_minute_for_429(
    status: int, asked: int | None, wait: int
) -> None:
    retry_after = None if asked is None else timedelta(seconds=asked)

    assert judge(Reply(status, "", retry_after=retry_after)).retry_after == timedelta(seconds=wait)


@pytest.mark.parametrize(
    "body",
    [
        "success=false; err_msg=y" + " " * 8000 + "x",
        "success=false; " + "err_msg " * 1000,
        "success=true; " + "success " * 1000,
        " " * 8000 + "x",
        "success=true" + " " * 8000 + "x",
    ],
    ids=["blanks in the message", "many messages", "many answers", "blanks before", "blanks after"],
)
@pytest.mark.parametrize("is_complete", [True, False])
def test_no_body_keeps_the_reader_busy(body: str, is_complete: bool) -> None:
    judge(Reply(200, body, is_complete))  # with a pattern that backtracks this does not end


@given(st.text(max_size=200), st.sampled_from(sorted(BY_STATUS)), st.booleans())
def test_any_body_has_a_verdict_and_only_its_beginning_can_say_yes(body: str, status: int, is_complete: bool) -> None:
    judgement = judge(Reply(status, body, is_complete))

    starts_right = body.lstrip("\ufeff \t\r\n\f\v").lower().startswith(("success", "sucess"))
    assert judgement.verdict is not Verdict.ACCEPTED or starts_right
