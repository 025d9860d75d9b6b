"""Pay on invoice: the goods may leave first, the merchant notes the payment when it is on the account."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NoReturn

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from payments import PaymentStatus, RedirectNeeded
from payments.core import BasicProvider

from .models import Payment


@dataclass(frozen=True, slots=True)
class InvoiceTerms:
    pay_to: str
    due_on: date
    reference: str


class InvoiceProvider(BasicProvider):  # type: ignore[misc]  # django-payments has no types
    """`["store.invoice.InvoiceProvider", {"pay_to": "Name, bank, account", "days": 14}]` in PAYMENT_VARIANTS.

    The payment is authorised when the shopper chooses it, and confirmed by the merchant in the admin.
    """

    def __init__(self, *, pay_to: str, days: int = 14) -> None:
        super().__init__()
        self.pay_to = pay_to
        self.days = days

    @property
    def words(self) -> str:
        return f"Invoice, to be paid within {self.days} days"

    def terms_of(self, payment: Payment) -> InvoiceTerms:
        return InvoiceTerms(self.pay_to, (payment.created + timedelta(days=self.days)).date(), payment.order.number)

    def get_form(self, payment: Payment, data: object = None) -> NoReturn:
        payment.change_status(PaymentStatus.PREAUTH)
        raise RedirectNeeded(payment.get_success_url())

    def charge_again(self, payment: Payment, earlier: Payment) -> None:
        """A renewal is sent with an invoice of its own."""
        payment.change_status(PaymentStatus.PREAUTH)

    def get_token_from_request(self, payment: Payment | None, request: HttpRequest) -> str:
        """No bank calls: whoever does is told that it names no payment."""
        return ""

    def process_data(self, payment: Payment, request: HttpRequest) -> HttpResponse:
        return HttpResponseNotFound("An invoice is paid to the bank account that it names.")

    def capture(self, payment: Payment, amount: Decimal | None = None) -> Decimal:
        """The merchant has the money."""
        return amount or payment.total

    def release(self, payment: Payment) -> None:
        """Nothing is reserved anywhere."""

    def cancel(self, payment: Payment) -> None:
        """Nobody has to be told."""

    def refund(self, payment: Payment, amount: Decimal | None = None) -> Decimal:
        """The merchant sends the money back by hand; this notes it."""
        return amount or payment.captured_amount
