"""The shop's test provider: django-payments' dummy, which can also charge again, as renewals need it."""

from payments import FraudStatus, PaymentError, PaymentStatus
from payments.dummy import DummyProvider

from .models import Payment


class DemoProvider(DummyProvider):  # type: ignore[misc]  # django-payments has no types
    def charge_again(self, payment: Payment, earlier: Payment) -> None:
        """Charge, unless the earlier payment was marked as fraud: so the test page can make a renewal fail."""
        if earlier.fraud_status == FraudStatus.REJECT:
            raise PaymentError("The test card was marked as fraud.")
        payment.change_status(PaymentStatus.CONFIRMED)
