"""Setting an offer up: what to enter in Aspire, and a checklist of what has been seen to work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.db.models import Sum

from tracking.capture.clicks import Finding
from tracking.conf import conf
from tracking.models import Conversion, LandingCount, Offer, Postback
from tracking.postbacks import template
from tracking.postbacks.addresses import is_loopback_name
from tracking.reports.wording import count

TEST_LINK: Final = "http://aspireiq.go2cloud.org"  # Aspire 6425578
TEST_AFFILIATE: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that has to be seen once."""

    title: str
    is_done: bool
    text: str
    """What was seen; where it was not, how to get there."""


# What to enter in Aspire ------------------------------------------------------------------------------------


def offer_url(shop: str, protocol: str) -> str:
    """The Offer URL to enter in Aspire for the shop at this address, with the parameter names that the shop reads."""
    parameters = {conf.affiliate_id_param: "{affiliate_id}", conf.offer_id_param: "{offer_id}"}
    if protocol == Offer.Protocol.TRANSACTION_ID:
        parameters[conf.transaction_id_param] = "{transaction_id}"
    return f"{shop}?{urlencode(parameters, safe='{}')}"


def test_link(offer: Offer) -> str:
    """The link by which Aspire's own test creator comes to the shop; empty where an offer has no id of Aspire's."""
    if offer.is_global:
        return ""
    parts = urlsplit(offer.postback_url)
    is_sandbox = is_loopback_name(parts.hostname or "")
    query = {"offer_id": offer.offer_id, "aff_id": TEST_AFFILIATE, "source": "testoffer", "aff_sub": "testoffer"}
    return f"{f'{parts.scheme}://{parts.netloc}' if is_sandbox else TEST_LINK}/aff_c?{urlencode(query)}"


# The checklist ----------------------------------------------------------------------------------------------


def checklist(offer: Offer, *, now: datetime) -> tuple[Step, ...]:
    """What has been seen to work, in the order it comes about. Costs five short queries."""
    return (_set_up(offer, now), _tested(offer), _landed(offer), _ordered(offer), _accepted(offer))


def problem_of(offer: Offer) -> str:
    """Why nothing can be sent under this offer; empty if it can."""
    try:
        parsed = offer.parse_url()
    except template.TemplateError as error:
        return str(error)
    if "SECURITY_TOKEN" in parsed.macros and not (offer.pasted_security_token or conf.security_token):
        return (
            "The URL has the macro SECURITY_TOKEN, and there is no token: paste the URL with the token in it, or set "
            "TRACKING_SECURITY_TOKEN. Until then nothing can be sent."
        )
    return ""


def last_test(offer: Offer) -> Postback | None:
    """The test postback sent last."""
    tests = Postback.objects.filter(offer=offer, is_test=True).select_related("conversion", "offer")
    return tests.order_by("-id").first()


def _set_up(offer: Offer, now: datetime) -> Step:
    problem = problem_of(offer)
    if not problem and (closed := offer.closed_at(now)):
        problem = f"It {closed}, so it takes no orders."
    return Step(
        title="The offer is set up",
        is_done=not problem,
        text=problem or "Its postback URL is understood; it takes orders.",
    )


def _tested(offer: Offer) -> Step:
    test = last_test(offer)
    is_done = test is not None and test.status == Postback.Status.ACCEPTED
    if is_done:
        text = "Aspire said yes."
    elif test is None:
        text = "Send one below: it is a real request, with Aspire's own test creator."
    else:
        text = f"The last one was not accepted, but {test.get_status_display().lower()}: see below."
    return Step(title="A test postback is accepted", is_done=is_done, text=text)


def _landed(offer: Offer) -> Step:
    """Landings are counted for the shop, not for each offer, and written down after some seconds."""
    since = LandingCount.objects.filter(day__gte=offer.created_at.date())
    numbers = dict(since.values_list("finding").annotate(Sum("count")))
    number = numbers.get(Finding.ANY, 0) - numbers.get(Finding.INVALID, 0) - numbers.get(Finding.UNREPLACED_MACRO, 0)
    if number > 0:
        text = f"{count(number, 'landing')} with a creator's id since the offer was added."
    elif numbers.get(Finding.UNREPLACED_MACRO, 0):
        text = "Landings came with a macro in place of the id: compare the Offer URL in Aspire with the one below."
    else:
        text = "Follow the test link below to the shop. It shows here some seconds later."
    return Step(title="A shopper lands from a creator's link", is_done=number > 0, text=text)


def _ordered(offer: Offer) -> Step:
    is_done = Conversion.objects.filter(offer=offer, outcome=Conversion.Outcome.CREDITED, is_test=False).exists()
    text = (
        "An order is credited to a creator under this offer."
        if is_done
        else "Buy something in the shop after following the test link; no code that makes it free."
    )
    return Step(title="The first order is credited", is_done=is_done, text=text)


def _accepted(offer: Offer) -> Step:
    owed = Postback.objects.filter(offer=offer, is_test=False)
    is_done = owed.filter(status=Postback.Status.ACCEPTED).exists()
    text = "Sales reach Aspire."
    if not is_done:
        stuck = owed.filter(status__in=[Postback.Status.REJECTED, Postback.Status.UNCONFIRMED, Postback.Status.FAILED])
        text = "It is sent as soon as the order is credited."
        if stuck.exists():
            text = "What was sent was not accepted: see “What needs me”."
    return Step(title="Aspire accepts its postback", is_done=is_done, text=text)
