"""The page that exports the ledger of a period: the same file as `export_conversions` writes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from tracking.admin.period_form import PeriodForm
from tracking.models import Conversion, Offer, Postback
from tracking.reports.ledger import Wanted, ledger
from tracking.reports.periods import period
from tracking.reports.privacy import SEES_CUSTOMERS

USUAL: Final = 28  # days


class LedgerForm(PeriodForm):
    """A period, and which of its orders."""

    offer = forms.ModelChoiceField(Offer.objects.all(), required=False, empty_label="All", to_field_name="offer_id")
    outcome = forms.ChoiceField(choices=[("", "All"), *Conversion.Outcome.choices], required=False)
    state = forms.ChoiceField(label="Postback", choices=[("", "All"), *Postback.Status.choices], required=False)
    customers = forms.BooleanField(label="With the ids of customers and subscriptions", required=False)

    def __init__(self, *args: Any, sees_customers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sees_customers:
            del self.fields["customers"]

    def wanted(self) -> Wanted:
        """The orders that a valid form asks for."""
        said = self.cleaned_data
        since, until = period(said["first"].isoformat(), said["last"].isoformat())
        return Wanted(
            since=since,
            until=until,
            offer_id=said["offer"].offer_id if said["offer"] else "",
            outcome=said["outcome"],
            state=said["state"],
            with_customers=said.get("customers", False),
        )


def form_of(request: HttpRequest) -> LedgerForm:
    """The form as the address fills it, or for the last four weeks."""
    today = timezone.localdate()
    usual = {"first": today - timedelta(days=USUAL - 1), "last": today}
    sees_customers = request.user.has_perm(SEES_CUSTOMERS)
    if "first" in request.GET:
        return LedgerForm(request.GET, sees_customers=sees_customers)
    return LedgerForm(initial=usual, sees_customers=sees_customers)


def download(form: LedgerForm) -> StreamingHttpResponse:
    """The file that a valid form asks for."""
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    response = StreamingHttpResponse(_bytes(ledger(form.wanted())), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="conversions-{first:%Y-%m-%d}-{last:%Y-%m-%d}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _bytes(lines: Iterator[str]) -> Iterator[bytes]:
    """Many lines in one piece: each piece is a write to the socket."""
    piece: list[str] = []
    for text in lines:
        piece.append(text)
        if len(piece) >= 500:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()
