"""Customers: users of Django whose username is their e-mail address in small letters, and confirmed.

The username's unique column so keeps two accounts from sharing an address. Staff may have any other username.
"""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from .models import Address, Order, Subscription

EMAIL_LENGTH = 150  # characters: what a username holds


class CustomerRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User


def normalise(email: str) -> str:
    return email.strip().lower()


def customer_with(email: str) -> User | None:
    """The customer who logs in with this address."""
    return User.objects.filter(username=normalise(email), is_active=True).first()


def open_account(email: str, password: str) -> User | None:
    """Open an account for a confirmed address. None if there is one, also one that was opened this moment."""
    email = normalise(email)
    try:
        with transaction.atomic():
            return User.objects.create_user(email, email, password)
    except IntegrityError:
        return None


def join_orders(customer: User) -> int:
    """Give a customer the orders and subscriptions that they began as a guest with the address of their account."""
    if customer.username != normalise(customer.email):
        return 0  # staff, whose address nobody confirmed
    guests = Order.objects.filter(customer=None, email__iexact=customer.username)
    # Compared here again: for MySQL and MariaDB é is e, and so adá@shop.example would be somebody else.
    own = [pk for pk, email in guests.values_list("pk", "email") if normalise(email) == customer.username]
    Subscription.objects.filter(first_order__in=own, customer=None).update(customer=customer)
    return Order.objects.filter(pk__in=own, customer=None).update(customer=customer)


def address_for(user: AbstractBaseUser | AnonymousUser) -> dict[str, str]:
    """What the checkout may fill in, by the names of the order's fields: of the address book, else the last order's."""
    if not isinstance(user, User):
        return {}
    address = Address.objects.filter(customer=user).first() or Order.objects.filter(customer=user).first()
    return {"email": user.email, **(address.as_initial() if address else {})}


def connect() -> None:
    user_logged_in.connect(_join_orders, dispatch_uid="store.customers")


def _join_orders(*, user: User, **_: Any) -> None:
    join_orders(user)
