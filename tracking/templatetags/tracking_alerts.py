"""`{% load tracking_alerts %}`: what is wrong now, for the pages of the admin."""

from typing import Any

from django import template

from tracking.models import Alert

register = template.Library()

MOST = 5


@register.inclusion_tag("admin/tracking/open_alerts.html", takes_context=True)
def open_alerts(context: dict[str, Any]) -> dict[str, Any]:
    """The open alerts, the worst first, for whoever may see alerts."""
    request = context.get("request")
    if request is None or not request.user.has_perm("tracking.view_alert"):
        return {"alerts": [], "more": 0}
    found = list(Alert.objects.open().order_by("-level", "opened_at")[: MOST + 1])
    return {"alerts": found[:MOST], "has_more": len(found) > MOST}
