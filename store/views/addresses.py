"""A customer's address book."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from store.account_forms import KeptAddressForm, read_address
from store.customers import CustomerRequest
from store.models import Address


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: CustomerRequest) -> HttpResponse:
    return _edit(request, Address(customer=request.user), heading="A new address")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: CustomerRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(Address, pk=pk, customer=request.user)
    return _edit(request, own, heading="Change the address")


@login_required
@require_POST
def delete_address(request: CustomerRequest, pk: int) -> HttpResponse:
    Address.objects.filter(pk=pk, customer=request.user).delete()  # a second click finds none
    messages.success(request, "The address is gone.")
    return redirect("store:account")


def _edit(request: HttpRequest, own: Address, *, heading: str) -> HttpResponse:
    form = read_address(KeptAddressForm, request, own)
    if form.is_valid():
        form.save()
        messages.success(request, "The address is kept.")
        return redirect("store:account")
    return render(request, "store/account/address.html", {"form": form, "object": own, "heading": heading})
