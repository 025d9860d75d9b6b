"""Giving money back, on a page of its own: how much, for what, and which pieces go back on the shelf."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from store import refunds
from store.models import Order, OrderLine, Payment
from store.money import format_money

_BY_ITSELF = "All empty: everything, if the order is refunded whole before it was sent; else nothing."


class RefundForm(forms.Form):
    payment = forms.ModelChoiceField(queryset=Payment.objects.none(), empty_label=None)
    amount = forms.DecimalField(max_digits=9, decimal_places=2, min_value=Decimal("0.01"))
    is_for_delivery = forms.BooleanField(
        label="for the delivery alone", required=False, help_text="What the affiliate earned on stays as it is."
    )
    reason = forms.CharField(max_length=200, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        payments = [payment for payment in order.payments.all() if refunds.refundable(payment) > 0]
        self.fields["payment"].queryset = order.payments.filter(  # type: ignore[attr-defined]
            pk__in=[payment.pk for payment in payments]
        )
        if payments:
            self.initial.setdefault("payment", payments[0].pk)
            self.initial.setdefault("amount", refunds.refundable(payments[0]))
        self.initial.setdefault("key", uuid4())
        for line in order.lines.exclude(variant=None):
            self.fields[_name(line)] = forms.IntegerField(
                label=f"{line.name} {line.options}".strip(),
                min_value=0,
                max_value=line.quantity,
                required=False,
                help_text=f"Pieces of {line.quantity} to put back into stock. {_BY_ITSELF}",
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        payment, amount = cleaned.get("payment"), cleaned.get("amount")
        if payment and amount and amount > (left := refunds.refundable(payment)):
            self.add_error("amount", f"There is {left} left of this payment.")
        if amount and cleaned.get("is_for_delivery") and amount > self.order.shipping:
            self.add_error("amount", f"The delivery was {self.order.shipping}.")
        return cleaned

    @property
    def returned(self) -> dict[str, int] | None:
        """The pieces by order line; None where the merchant left all of them open."""
        pieces = {str(line.pk): self.cleaned_data.get(_name(line)) for line in self.order.lines.all()}
        named = {line: quantity for line, quantity in pieces.items() if quantity is not None}
        return named or None


def _name(line: OrderLine) -> str:
    return f"line_{line.pk}"


def refund_order(request: HttpRequest, pk: int) -> HttpResponse:
    """The page at `admin/store/order/<pk>/refund/`."""
    if not request.user.has_perm("store.refund_order"):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=pk)
    form = RefundForm(order, request.POST if request.method == "POST" else None)
    if form.is_valid() and _give_back(request, form):
        return redirect("admin:store_order_change", pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Refund order {order.number}",
        "opts": Order._meta,
        "order": order,
        "form": form,
    }
    return TemplateResponse(request, "admin/store/order/refund.html", context)


def _give_back(request: HttpRequest, form: RefundForm) -> bool:
    values = form.cleaned_data
    wish = refunds.Wish(
        amount=values["amount"],
        key=values["key"],
        is_for_delivery=values["is_for_delivery"],
        returned=form.returned,
        reason=values["reason"],
        by=request.user,  # type: ignore[arg-type]  # the admin is for users alone
    )
    try:
        refunds.refund(values["payment"], wish)
    except refunds.RefundError as error:
        messages.error(request, str(error))
        return False
    money = format_money(wish.amount, form.order.currency)
    messages.success(request, f"{money} went back to {form.order.name}.")
    return True
