"""What an offer's page says above its form: what to enter in Aspire, what has worked, and the last test."""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from tracking.admin.offer_trial import TrialForm, TrialResult, described, result_of_last_trial
from tracking.models import Offer
from tracking.reports.setup import Step, checklist, offer_url, problem_of, test_link

Protocol = Offer.Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address to copy."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The texts and links of the page; `steps` are empty for an offer that is not saved."""

    offer: Offer | None
    offer_urls: tuple[Link, ...]
    steps: tuple[Step, ...] = ()
    test_link: str = ""
    test: TrialResult | None = None
    test_form: TrialForm | None = None
    """None for who may not send one, or while nothing can be sent."""
    test_described: str = ""

    @property
    def is_complete(self) -> bool:
        """Tell whether everything has been seen to work."""
        return bool(self.steps) and all(step.is_done for step in self.steps)

    @property
    def steps_done(self) -> str:
        """How far it is."""
        return f"{sum(step.is_done for step in self.steps)} of {len(self.steps)}"


def guide(request: HttpRequest, offer: Offer | None, *, may_test: bool) -> Guide:
    """The guide for an offer, or for one to come."""
    shop = request.build_absolute_uri("/")
    if offer is None:
        links = tuple(Link(label=each.label, url=offer_url(shop, each.value)) for each in Protocol)
        return Guide(offer=None, offer_urls=links)
    may_send = may_test and not problem_of(offer)
    return Guide(
        offer=offer,
        offer_urls=(Link(label="Offer URL", url=offer_url(shop, offer.protocol)),),
        steps=checklist(offer, now=timezone.now()),
        test_link=test_link(offer),
        test=result_of_last_trial(offer),
        test_form=TrialForm(offer) if may_send else None,
        test_described=described(offer) if may_send else "",
    )


def read_form(typed: QueryDict) -> Offer:
    """The offer as it stands in the form, unsaved and unchecked; a kept token is that of the saved one."""
    pk = typed.get("saved", "")
    saved = Offer.objects.filter(pk=pk).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    forgets = "forget_token" in typed
    return Offer(
        offer_id=typed.get("offer_id") or (saved.offer_id if saved else ""),
        protocol=typed.get("protocol", Protocol.PARTNER_ID),
        kind=typed.get("kind", Offer.Kind.SALE),
        postback_url=typed.get("postback_url", "").strip(),
        currency=typed.get("currency", "USD"),
        is_global="is_global" in typed,
        pasted_security_token=saved.pasted_security_token if saved and not forgets else "",
    )
