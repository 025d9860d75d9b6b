"""A customer's account: opening one by a confirmed address, logging in, a new password, and what is in it."""

from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import FormView

from store import customers
from store.account_forms import LoginForm, PasswordResetForm, RegisterForm
from store.links import confirmed_email
from store.models import Address, Order, Subscription

_PAGE_SIZE = 20
_ON_ITS_WAY = "Look into your mail: a letter is on its way to {email}, with a link that holds for three days."


@never_cache
@login_required
@require_safe
def account(request: customers.CustomerRequest) -> HttpResponse:
    orders = Order.objects.filter(customer=request.user).prefetch_related("lines")
    subscriptions = Subscription.objects.filter(customer=request.user)
    context = {
        "page": Paginator(orders, _PAGE_SIZE).get_page(request.GET.get("page")),
        "subscriptions": subscriptions.select_related("first_order").prefetch_related("first_order__lines"),
        "addresses": Address.objects.filter(customer=request.user),
    }
    return render(request, "store/account/account.html", context)


class Login(auth_views.LoginView):
    form_class = LoginForm
    template_name = "store/account/login.html"
    redirect_authenticated_user = True


class Logout(auth_views.LogoutView):
    """Django's own: by POST alone, so that no link can log somebody out."""


@method_decorator(never_cache, name="dispatch")
class Register(FormView):  # type: ignore[type-arg]  # not generic at run time
    form_class = RegisterForm
    template_name = "store/account/register.html"
    success_url = reverse_lazy("store:login")

    def form_valid(self, form: RegisterForm) -> HttpResponse:
        form.save()
        messages.success(self.request, _ON_ITS_WAY.format(email=form.cleaned_data["email"]))
        return super().form_valid(form)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def open_account(request: HttpRequest, signed: str) -> HttpResponse:
    """Where the letter's link leads: a password, and the account is there, with what was ordered before."""
    email = confirmed_email(signed)
    if email is None:
        return render(request, "store/account/old_link.html", {"again": "store:register"}, status=410)
    if customers.customer_with(email):
        messages.info(request, "This account is open already: log in, or choose a new password.")
        return redirect("store:login")
    unsaved = User(username=email, email=email)  # lets the validators refuse a password that is the address
    form = auth_forms.SetPasswordForm(unsaved, request.POST if request.method == "POST" else None)
    if form.is_valid():
        customer = customers.open_account(email, form.cleaned_data["new_password1"])
        if customer is None:  # a double click was quicker
            return redirect("store:login")
        login(request, customer)
        messages.success(request, "Welcome. Your account is open.")
        return redirect("store:account")
    return render(request, "store/account/open_account.html", {"form": form, "email": email})


@method_decorator(never_cache, name="dispatch")
class PasswordReset(auth_views.PasswordResetView):
    form_class = PasswordResetForm
    template_name = "store/account/password_reset.html"
    success_url = reverse_lazy("store:login")

    def form_valid(self, form: auth_forms.PasswordResetForm) -> HttpResponse:
        messages.success(self.request, _ON_ITS_WAY.format(email=form.cleaned_data["email"]))
        return super().form_valid(form)


class NewPassword(auth_views.PasswordResetConfirmView):
    template_name = "store/account/new_password.html"
    success_url = reverse_lazy("store:account")
    post_reset_login = True


@method_decorator(never_cache, name="dispatch")
class PasswordChange(auth_views.PasswordChangeView):
    template_name = "store/account/password_change.html"
    success_url = reverse_lazy("store:account")

    def form_valid(self, form: auth_forms.PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)
