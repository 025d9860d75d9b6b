"""The pages of Django admin, who is at them, and rows to show."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import OfferFactory, PostbackFactory
from tracking.models import Attempt, Offer, Postback


def staff(*permissions: str) -> Client:
    """A browser of somebody on the staff who has these permissions of tracking and no others."""
    user = User.objects.create_user("alice", password="pw", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="tracking", codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def page_of(row: Any) -> str:
    return reverse(f"admin:tracking_{row._meta.model_name}_change", args=[row.pk])


def list_of(model: str) -> str:
    return reverse(f"admin:tracking_{model}_changelist")


def messages_of(response: Any) -> list[str]:
    """What the page tells about what was just asked."""
    return [str(message) for message in response.context["messages"]]


def rows(count: int, **values: Any) -> list[Postback]:
    """Postbacks of one offer, each with an attempt."""
    offer = Offer.objects.first() or OfferFactory.create()
    owed = [PostbackFactory.create(offer=offer, **values) for _ in range(count)]
    for postback in owed:
        Attempt.objects.create(
            postback=postback, started_at=timezone.now(), url="https://get.aspr.app/aff_lsr?aff_id=77", verdict="busy"
        )
    return owed
