"""One delivery over a real connection: from a claimed row to the state that design names."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking import fault_server
from tests.tracking.fault_server import FaultServer, Script, once, refusing_port, reply
from tracking.models import Attempt, Offer, Postback
from tracking.postbacks import delivery, outbox
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.outbox import LEASE, Claim

pytestmark = pytest.mark.django_db

QUICK = Timeouts(connect=0.3, read=0.3, whole=0.5)
TOKEN = "0123456789abcdef0123456789abcdef"


def claim_of(offer: Offer, **values: object) -> Claim:
    row = PostbackFactory(offer=offer, **values)
    return next(claim for claim in outbox.claim(9, now=timezone.now()) if claim.postback_id == row.pk)


def delivered(offer: Offer, **values: object) -> Postback:
    """Deliver one postback of `offer`, and return its row."""
    return sent(claim_of(offer, **values))


def sent(claim: Claim) -> Postback:
    """Send a claim, write down what follows, and return its row."""
    transport = delivery.open_transport(QUICK)
    try:
        delivery.settle([delivery.send(claim, transport)])
    finally:
        transport.close()
    return Postback.objects.get(pk=claim.postback_id)


def offer_at(server: FaultServer, **values: object) -> Offer:
    url = f"http://127.0.0.1:{server.port}/aff_lsr?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
    return OfferFactory(**{"postback_url": url, **values})


STATES: dict[str, tuple[Script, str, str]] = {
    "says yes": (once(reply("success=true;")), "accepted", "pending"),
    "says no": (once(reply("success=false; err_msg=Paused;")), "rejected", "rejected"),
    "duplicate": (once(reply("success=false; err_msg=Duplicate conversion;")), "rejected", "rejected"),
    "404": (once(reply("", "404 Not Found")), "failed", "failed"),
    "429": (once(reply("", "429 Slow down")), "pending", "pending"),
    "503": (once(reply("", "503 Busy")), "pending", "pending"),
    "500": (once(reply("", "500 Oops")), "unconfirmed", "pending"),
    "redirect": (once(reply("", "302 Found", "Location: /\r\n")), "unconfirmed", "pending"),
    "garbage": (once(reply("<html>hello</html>")), "unconfirmed", "pending"),
    "stalls": (fault_server.silent, "unconfirmed", "pending"),
    "resets": (fault_server.reset_after_reading, "unconfirmed", "pending"),
    "closes": (fault_server.close_after_reading, "unconfirmed", "pending"),
}


@pytest.mark.parametrize(("script", "state", "_"), list(STATES.values()), ids=list(STATES))
def test_each_reply_leads_to_the_state_that_design_names(script: Script, state: str, _: str) -> None:
    with FaultServer(script) as server:
        row = delivered(offer_at(server))

    assert row.status == state
    assert row.attempts_made == Attempt.objects.filter(postback=row).count() == 1
    assert (row.due_at is not None) == (state == "pending")


@pytest.mark.parametrize(
    ("script", "state"), [(script, state) for script, _, state in list(STATES.values())[1:]], ids=list(STATES)[1:]
)
def test_where_aspire_deduplicates_an_unknown_outcome_is_tried_again(script: Script, state: str) -> None:
    with FaultServer(script) as server:
        row = delivered(offer_at(server, deduplicates=True))

    assert row.status == state


def test_a_refused_connection_is_an_attempt_and_is_tried_again() -> None:
    with refusing_port() as port:
        row = delivered(OfferFactory(postback_url=f"http://127.0.0.1:{port}/?a=AFFILIATE_ID&b=AMOUNT&c=ORDER_ID"))

    assert (row.status, row.verdict, row.attempts_made) == ("pending", "not_sent", 1)
    assert row.detail == "127.0.0.1 refused the connection"


def test_a_429_waits_a_minute_at_least() -> None:
    with FaultServer(once(reply("", "429 Slow down"))) as server:
        row = delivered(offer_at(server))

    assert row.due_at is not None
    assert row.due_at > timezone.now() + timedelta(seconds=55)


def test_what_is_sent_carries_the_sale(network: Network) -> None:
    delivered(
        OfferFactory(postback_url=network.postback_url), amount=Decimal("1234.50"), conversion__order_id="A&amount=9"
    )

    assert network.received == [{"offer_id": "12345", "aff_id": "77", "amount": "1234.50", "adv_unique1": "A&amount=9"}]


def test_a_lead_is_sent_without_an_amount(network: Network) -> None:
    delivered(OfferFactory(postback_url=network.postback_url, kind=Offer.Kind.LEAD), amount=None)

    assert network.received == [
        {"offer_id": "12345", "aff_id": "77", "adv_unique1": Postback.objects.get().conversion.order_id}
    ]


def test_a_duplicate_on_a_repeat_of_ours_is_accepted(network: Network) -> None:
    network.replies(200, "success=false; err_msg=Duplicate conversion;")
    row = PostbackFactory(offer=OfferFactory(postback_url=network.postback_url), attempts_made=1)
    Attempt.objects.create(postback=row, started_at=timezone.now(), url="", verdict="unconfirmed")
    (claim,) = outbox.claim(1, now=timezone.now())
    row = sent(claim)

    assert row.status == "accepted"
    assert row.detail == "Aspire had it from an earlier attempt: Duplicate conversion"


@pytest.mark.parametrize(
    ("url", "culprit"),
    [
        ("https://evil.example/?a=AFFILIATE_ID", "The host evil.example"),
        ("http://get.aspr.app/?a=AFFILIATE_ID", "has to begin with https://"),
        ("https://get.aspr.app/?a=AFFILIATE_ID&security_token=SECURITY_TOKEN", "TRACKING_SECURITY_TOKEN is not set"),
        ("https://get.aspr.app/?a=%zz", "“%zz” is no percent-encoding"),
        ("nonsense", "is no URL"),
    ],
    ids=["host", "http", "no token", "percent", "no URL"],
)
def test_a_url_that_cannot_be_built_fails_without_an_attempt(url: str, culprit: str) -> None:
    row = delivered(OfferFactory(postback_url=url))

    assert (row.status, row.attempts_made) == ("failed", 0)
    assert culprit in row.detail
    assert not Attempt.objects.exists()


def test_a_private_address_is_refused_unless_its_host_is_listed_by_name(settings: Settings) -> None:
    settings.TRACKING_POSTBACK_HOSTS = ["*.0.0.1"]
    with FaultServer(once(reply())) as server:
        row = delivered(offer_at(server))

    assert (row.status, row.verdict) == ("pending", "not_sent")
    assert "which is not public" in row.detail
    assert server.accepted == 0


def test_past_its_lease_nothing_is_sent(network: Network) -> None:
    claim = claim_of(OfferFactory(postback_url=network.postback_url))
    transport = delivery.open_transport(QUICK)
    try:
        settlement = delivery.send(replace(claim, lease_expires_at=timezone.now() + timedelta(seconds=20)), transport)
    finally:
        transport.close()

    assert (settlement.next.status, settlement.verdict) == ("pending", "not_sent")
    assert network.received == []


def test_the_longest_exchange_ends_within_the_lease() -> None:
    assert delivery.SEND_MARGIN.total_seconds() > Timeouts().whole + 1
    assert timedelta(seconds=Timeouts().connect * 2) + delivery.SEND_MARGIN < LEASE


@pytest.mark.parametrize("where", ["pasted", "setting"])
@pytest.mark.parametrize("name", ["security_token", "sig"])
def test_a_token_is_sent_and_never_stored(where: str, name: str, settings: Settings) -> None:
    if where == "setting":
        settings.TRACKING_SECURITY_TOKEN = TOKEN
    echo = once(reply(f"success=false; err_msg={'x' * 480} bad token {TOKEN} {TOKEN};"))
    with FaultServer(echo) as server:
        offer = offer_at(server, pasted_security_token=TOKEN if where == "pasted" else "")
        offer.postback_url += f"&{name}=SECURITY_TOKEN"
        offer.save()
        row = delivered(offer)

    assert f"{name}={TOKEN}" in server.targets[0]
    stored = repr(list(Postback.objects.values())) + repr(list(Attempt.objects.values()))
    assert TOKEN not in stored
    assert TOKEN[:8] not in stored  # not cut in half either
    assert "***" in row.detail
    assert f"{name}=***" in Attempt.objects.get().url


def test_an_attempt_keeps_the_beginning_of_the_reply() -> None:
    with FaultServer(once(reply("success=true;" + "x" * 5000 + "\0", "201 Created"))) as server:
        delivered(offer_at(server))

    attempt = Attempt.objects.get()
    assert (attempt.http_status, len(attempt.reply)) == (201, 1024)
    assert attempt.reply.startswith("success=true;")
    assert attempt.duration_ms is not None


def test_giving_up_leaves_an_earlier_unknown_attempt_unconfirmed() -> None:
    """The last try was refused a connection, but the first one may have been counted."""
    with refusing_port() as port:
        url = f"http://127.0.0.1:{port}/?aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
        claim = claim_of(OfferFactory(postback_url=url, deduplicates=True), attempts_made=10)
        Attempt.objects.create(postback_id=claim.postback_id, started_at=timezone.now(), url="", verdict="unconfirmed")
        row = sent(claim)

    assert (row.status, row.verdict) == ("unconfirmed", "not_sent")
    assert "an earlier attempt may have been counted" in row.detail


def test_a_repeat_is_held_back_once_the_offer_no_longer_deduplicates(network: Network) -> None:
    network.replies(500)
    offer = OfferFactory(postback_url=network.postback_url, deduplicates=True)
    assert delivered(offer).status == "pending"
    Offer.objects.update(deduplicates=False)
    Postback.objects.update(due_at=timezone.now())

    (claim,) = outbox.claim(1, now=timezone.now())
    assert sent(claim).status == "unconfirmed"
    assert len(network.received) == 1


def test_a_repeat_that_a_person_asked_for_is_sent(network: Network) -> None:
    network.replies(500)
    row = delivered(OfferFactory(postback_url=network.postback_url))
    assert (row.status, row.is_in_doubt) == ("unconfirmed", True)
    outbox.send_again(Postback.objects.all(), why="By hand.")
    network.replies(200, "success=true;")

    (claim,) = outbox.claim(1, now=timezone.now())
    assert sent(claim).status == "accepted"
    assert len(network.received) == 2


def test_an_amount_is_held_back_once_the_offers_currency_is_another(network: Network) -> None:
    offer = OfferFactory(postback_url=network.postback_url, currency="EUR")
    claim = claim_of(offer, conversion__currency="USD")
    row = sent(claim)
    assert (row.status, row.due_at, row.attempts_made) == ("pending", None, 0)
    assert "in USD" in row.detail
    assert network.received == []
