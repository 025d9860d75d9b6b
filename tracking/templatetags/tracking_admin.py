"""`{% load tracking_admin %}`: what is wrong now, and what waits for a person, above the pages of the admin."""

from typing import Any, Final

from django import template
from django.urls import NoReverseMatch, reverse

from tracking.models import Adjustment, Alert
from tracking.reports.wording import count

register = template.Library()

MOST_ALERTS: Final = 5
MOST_COUNTED: Final = 100  # a long list is not counted to its end


@register.inclusion_tag("admin/tracking/open_alerts.html", takes_context=True)
def open_alerts(context: dict[str, Any]) -> dict[str, Any]:
    """The open alerts, the worst first, for whoever may see alerts."""
    request = context.get("request")
    if request is None or not request.user.has_perm("tracking.view_alert"):
        return {"alerts": [], "has_more": False}
    found = list(Alert.objects.open().order_by("-level", "opened_at")[: MOST_ALERTS + 1])
    return {"alerts": found[:MOST_ALERTS], "has_more": len(found) > MOST_ALERTS}


@register.inclusion_tag("admin/tracking/open_adjustments.html", takes_context=True)
def open_adjustments(context: dict[str, Any]) -> dict[str, Any]:
    """How many orders that came back wait for a person, in words, and the address of their list; for who may see it."""
    request = context["request"]
    may = any(request.user.has_perm(f"tracking.{verb}_adjustment") for verb in ("view", "change"))
    waiting = Adjustment.objects.open()[: MOST_COUNTED + 1].count() if may else 0
    try:
        address = reverse("admin:tracking_adjustment_changelist", current_app=request.current_app)
    except (NoReverseMatch, AttributeError):
        address = ""
    words = f"More than {MOST_COUNTED} orders" if waiting > MOST_COUNTED else count(waiting, "order")
    return {"waiting": waiting, "words": words, "address": address}
