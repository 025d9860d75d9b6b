"""`{% open_adjustments %}`: how many orders that came back wait for a person, for those who may see them."""

from typing import Any, Final

from django import template
from django.urls import NoReverseMatch, reverse

from tracking.models import Adjustment

register = template.Library()

MOST_COUNTED: Final = 100  # a long list is not counted to its end


@register.inclusion_tag("admin/tracking/open_adjustments.html", takes_context=True)
def open_adjustments(context: dict[str, Any]) -> dict[str, Any]:
    """The number, in words, and the address of the list; nothing where none waits."""
    request = context["request"]
    may = any(request.user.has_perm(f"tracking.{verb}_adjustment") for verb in ("view", "change"))
    waiting = Adjustment.objects.open()[: MOST_COUNTED + 1].count() if may else 0
    try:
        address = reverse("admin:tracking_adjustment_changelist", current_app=request.current_app)
    except (NoReverseMatch, AttributeError):
        address = ""
    words = f"More than {MOST_COUNTED} orders" if waiting > MOST_COUNTED else f"{waiting} orders"
    return {"waiting": waiting, "words": "1 order" if waiting == 1 else words, "address": address}
