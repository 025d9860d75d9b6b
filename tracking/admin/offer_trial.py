"""A test postback from an offer's page: one real request, its verdict on the page."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from tracking.conf import conf
from tracking.models import Offer, Postback
from tracking.postbacks import template
from tracking.postbacks.hints import hint_for
from tracking.postbacks.trial import Trial, fire, new_order_id, preview
from tracking.reports.setup import TEST_AFFILIATE, last_test
from tracking.reports.wording import clock, money, span

AMOUNT: Final = Decimal("1.00")


class TrialForm(forms.Form):
    """What a test needs: nothing with the protocol Partner ID, the id of a real click with Transaction ID."""

    transaction_id = forms.CharField(
        label="Transaction id",
        max_length=64,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\Z", "Give the transaction id of a click: letters and digits.")],
        help_text="Of a click of your own: follow the test link, and copy it from the address you come to.",
    )

    def __init__(self, offer: Offer, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        if offer.protocol != Offer.Protocol.TRANSACTION_ID:
            del self.fields["transaction_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """What became of a test, secrets masked."""

    postback_id: int
    order_id: str
    status: str
    status_label: str
    when: str
    reply: str
    hint: str


def send_trial(offer: Offer, form: TrialForm) -> Postback:
    """Send a test with what a valid form holds. Must not run inside a transaction.

    Raises TemplateError where nothing can be sent.
    """
    trial = Trial(
        offer=offer,
        order_id=new_order_id(timezone.now()),
        amount=AMOUNT,
        affiliate_id=TEST_AFFILIATE,
        transaction_id=form.cleaned_data.get("transaction_id", ""),
    )
    preview(trial)
    return fire(trial)


def result_of_last_trial(offer: Offer) -> TrialResult | None:
    """The last test's result, as the page shows it."""
    test = last_test(offer)
    if test is None:
        return None
    now = timezone.now()
    attempt = test.attempts.order_by("-id").first()
    words = (attempt.reply.strip() or attempt.detail) if attempt else test.detail
    is_asked_for = test.status != Postback.Status.ACCEPTED
    return TrialResult(
        postback_id=test.pk,
        order_id=test.conversion.order_id,
        status=test.status,
        status_label=test.get_status_display(),
        when=f"{clock(test.created_at, now=now)}, {span(now - test.created_at)} ago",
        reply=template.mask(words, offer.pasted_security_token, conf.security_token),
        hint=hint_for(test.status, verdict=test.verdict, detail=test.detail) if is_asked_for else "",
    )


def described(offer: Offer) -> str:
    """What a test sends, in words."""
    amount = "no amount" if offer.kind == Offer.Kind.LEAD else money(AMOUNT, offer.currency)
    who = (
        "the transaction id you give"
        if offer.protocol == Offer.Protocol.TRANSACTION_ID
        else f"affiliate id {TEST_AFFILIATE}, Aspire's own test creator"
    )
    return f"One real request to {template.parse(offer.postback_url).host} with {who}, {amount} and a new order id."
