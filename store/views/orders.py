"""The order page, a receipt to keep, and the payment page: both found by the order's unguessable token."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from payments import PaymentError, RedirectNeeded

from store import payments
from store.models import Order


@never_cache
@require_safe
def order(request: HttpRequest, token: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.prefetch_related("lines__variant__product__pictures"), token=token)
    payment = payments.last_payment(order)
    context = {
        "order": order,
        "is_payable": order.is_payable(),
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
    payment = payments.open_payment(order)
    try:
        form = payment.get_form(data=request.POST or None)
    except RedirectNeeded as needed:
        return HttpResponseRedirect(str(needed))
    except (PaymentError, OSError) as error:  # the network's errors, and those of `requests`, are OSErrors
        payments.close_failed(payment, error)
        return _provider_failed(request, order)
    return render(request, "store/pay.html", {"order": order, "form": form, "is_test": payments.is_test(payment)})


def _provider_failed(request: HttpRequest, order: Order) -> HttpResponse:
    order.refresh_from_db()
    if not order.is_payable():  # it went through before the provider failed
        return redirect(order)
    return render(request, "store/pay.html", {"order": order, "has_failed": True})
