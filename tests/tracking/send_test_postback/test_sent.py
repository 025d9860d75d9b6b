"""`send_test_postback`: one real GET proves a set-up, and its exit status says whether."""

import socket
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.factories import OfferFactory
from tests.network import Network
from tests.tracking.processes import copied, migrated
from tests.tracking.send_test_postback.steps import send
from tests.tracking.terminal import run_manage
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import delivery
from tracking.postbacks.transport import Timeouts
from tracking.sandbox import Fault, Sandbox

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789abcdef"


def test_with_a_default_offer_no_option_is_needed(offer: Offer, sandbox: Sandbox) -> None:
    with time_machine.travel("2026-03-01T12:00:00.5Z", tick=False):
        ended = send()
    assert ended.status == 0, ended.err
    (conversion,) = sandbox.conversions
    assert (conversion.aff_id, conversion.order_id, conversion.amount) == (
        "1",
        "TEST-20260301-120000-500000",
        Decimal("1.00"),
    )


def test_it_shows_what_was_sent_what_came_back_and_what_to_do(offer: Offer, sandbox: Sandbox) -> None:
    out = send("--order-id", "TEST-1").out
    names = [line.partition(" ")[0] for line in out.splitlines()]
    assert names == ["Offer", "Order", "URL", "Status", "Reply", "Verdict", "Time", "Hint"]
    assert f"URL      {sandbox.url}/aff_lsr?offer_id=12345&aff_id=1&amount=1.00&adv_unique1=TEST-1\n" in out
    assert "Status   HTTP 200\n" in out
    assert "Reply    success=true;\n" in out
    assert "Verdict  accepted\n" in out


def test_every_option_reaches_aspire(sandbox: Sandbox) -> None:
    OfferFactory(offer_id="1")
    OfferFactory(postback_url=sandbox.transaction_postback_url, protocol="transaction-id", is_default=False)
    send("--offer", "12345", "--transaction-id", "abc", "--amount", "2.5", "--order-id", "TEST 1/ü&x=y")
    (request,) = sandbox.requests
    assert {name: request.params[name] for name in ("transaction_id", "amount", "adv_unique1")} == {
        "transaction_id": "abc",
        "amount": "2.50",
        "adv_unique1": "TEST 1/ü&x=y",
    }


def test_a_lead_is_tested_without_an_amount(network: Network) -> None:
    OfferFactory(kind="lead", postback_url=network.postback_url)
    assert send().status == 0
    assert "amount" not in network.received[0]


def test_a_paused_offer_can_be_tested(network: Network) -> None:
    OfferFactory(postback_url=network.postback_url, is_active=False)
    assert send("--offer", "12345").status == 0


# Not accepted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.REFUSE, "Not accepted: rejected. "),
        (Fault.DROP, "Not accepted: unconfirmed. the connection broke before an answer"),
        (Fault.CUT, "Not accepted: unconfirmed. "),
        (Fault.SERVER_ERROR, "Not accepted: unconfirmed. HTTP 500"),
        (Fault.UNAVAILABLE, "Not accepted: failed. HTTP 503"),
        (Fault.TOO_MANY, "Not accepted: failed. HTTP 429"),
        (Fault.GARBAGE, "Not accepted: unconfirmed. HTTP 200, a body without a verdict"),
        (Fault.EMPTY, "Not accepted: unconfirmed. HTTP 200, an empty body"),
        (Fault.REDIRECT, "Not accepted: unconfirmed. HTTP 302: a redirect, which is not followed"),
    ],
)
def test_what_is_not_accepted_exits_1_with_the_reason_in_one_line(
    offer: Offer, sandbox: Sandbox, fault: Fault, reason: str
) -> None:
    sandbox.fault = fault
    ended = send()
    assert ended.status == 1
    assert ended.err.startswith(reason)
    assert "\n" not in ended.err
    assert Postback.objects.get().attempts_made == 1


def test_a_stalled_answer_exits_1(offer: Offer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    short = Timeouts(connect=1, read=0.1, whole=5)
    monkeypatch.setattr(delivery, "open_transport", partial(delivery.open_transport, short))
    sandbox.fault = Fault.STALL
    ended = send()
    assert (ended.status, ended.err) == (1, "Not accepted: unconfirmed. no answer within 0.1 s")


def test_aspire_down_exits_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/SL2?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
    OfferFactory(postback_url=url)
    ended = send()
    assert (ended.status, ended.err) == (1, "Not accepted: failed. 127.0.0.1 refused the connection")
    assert "Status   no reply\n" in ended.out
    assert "Hint     The other side is down" in ended.out


def test_a_duplicate_exits_1(network: Network) -> None:
    OfferFactory(postback_url=network.postback_url)
    network.replies(200, "success=false; err_msg=Duplicate conversion;")
    ended = send()
    assert (ended.status, ended.err) == (1, "Not accepted: rejected. Duplicate conversion")


def test_what_aspire_says_cannot_take_over_the_terminal(network: Network) -> None:
    OfferFactory(postback_url=network.postback_url)
    network.replies(200, "success=false; err_msg=\x1b[2Jone\ntwo\x07;")
    ended = send()
    assert ended.err == "Not accepted: rejected. �[2Jone two�"
    assert "\x1b" not in ended.out


# Secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_pasted", [True, False])
def test_a_token_is_sent_and_never_shown(network: Network, settings: Any, is_pasted: bool) -> None:
    if not is_pasted:
        settings.TRACKING_SECURITY_TOKEN = TOKEN
    OfferFactory(
        postback_url=f"{network.postback_url}&security_token=SECURITY_TOKEN",
        pasted_security_token=TOKEN if is_pasted else "",
    )
    ended = send()
    assert network.received[0]["security_token"] == TOKEN
    assert TOKEN not in ended.out + ended.err
    assert TOKEN not in Attempt.objects.get().url


# As a process -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("send-test")
    return copied(migrated(tmp_path_factory.mktemp("migrated")), folder)


def test_as_a_process_its_exit_status_tells(sandbox: Sandbox, shop_database: Path) -> None:
    set_offer = ("set_offer", "--offer-id", "12345", "--default", "--postback-url", sandbox.postback_url)
    assert run_manage(*set_offer, database=shop_database).status == 0
    accepted = run_manage("send_test_postback", database=shop_database)
    assert (accepted.status, accepted.err) == (0, "")
    sandbox.fault = Fault.REFUSE
    refused = run_manage("send_test_postback", database=shop_database)
    assert refused.status == 1
    assert refused.err.startswith("CommandError: Not accepted: rejected. ")
    assert refused.err.count("\n") == 1
    wrong = run_manage("send_test_postback", "--amount", "0", database=shop_database)
    assert wrong.status == 2
