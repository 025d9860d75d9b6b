"""The order page, a receipt to keep, and the payment page: both found by the order's unguessable token."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from payments import PaymentError, RedirectNeeded

from store import payments
from store.conf import conf
from store.models import Order


@never_cache
@require_safe
def order(request: HttpRequest, token: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.prefetch_related("lines__variant__product__pictures"), token=token)
    payment = payments.last_payment(order)
    context = {
        "order": order,
        "is_payable": order.is_payable(),
        "is_awaited": order.is_placed and "paid" in request.GET,  # back from the provider, whose word is under way
        "invoice": payments.invoice_of(payment) if order.is_placed and payments.is_authorised(payment) else None,
        "is_authorised": order.is_placed and payments.is_authorised(payment),
        "has_failed": order.is_placed and payments.has_failed(payment),
    }
    return render(request, "store/order.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Show the provider's form, or go where the provider sends the shopper."""
    order = get_object_or_404(Order.objects.prefetch_related("lines__variant__product__pictures"), token=token)
    if not order.is_payable():
        return redirect(order)
    try:
        payment = payments.open_payment(order)
    except payments.NoPaymentError:
        return render(request, "store/pay.html", {"order": order, "has_failed": True})
    try:
        form = payment.get_form(data=request.POST or None)
    except RedirectNeeded as needed:
        return HttpResponseRedirect(str(needed))
    except (PaymentError, OSError) as error:  # the network's errors, and those of `requests`, are OSErrors
        payments.close_failed(payment, error)
        return _provider_failed(request, order)
    context = {
        "order": order,
        "form": form,
        "is_test": payments.is_test(payment.variant),
        "other_ways": _other_ways(payment.variant),
    }
    return render(request, "store/pay.html", context)


@require_POST
def pay_with(request: HttpRequest, token: str) -> HttpResponse:
    """Change the way in which an unpaid order is paid."""
    order = get_object_or_404(Order, token=token)
    variant = request.POST.get("payment", "")
    if order.is_payable() and variant in conf.payment_variants:
        payments.pay_with(order, variant)
    return redirect("store:pay", order.token)


def _other_ways(variant: str) -> list[payments.Way]:
    return [way for way in payments.ways_to_pay() if way.key != variant]


def _provider_failed(request: HttpRequest, order: Order) -> HttpResponse:
    order.refresh_from_db()
    if not order.is_payable():  # it went through before the provider failed
        return redirect(order)
    context = {"order": order, "has_failed": True, "other_ways": _other_ways(payments.variant_of(order))}
    return render(request, "store/pay.html", context)
