"""`{% load tracking %}`: the two scripts, and a link that hands the click over without them."""

from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.capture import handoff
from tracking.capture.keeping import PRIVATE, counting_click
from tracking.conf import conf

register = template.Library()


@register.simple_tag
def capture_script(nonce: str = "") -> SafeString:
    """The script that keeps the click of a landing page that came from a cache; `nonce` for a strict CSP."""
    params = [conf.affiliate_id_param, conf.transaction_id_param, *([handoff.PARAM] if conf.domains else [])]
    return format_html(
        '<script src="{}" data-url="{}" data-params="{}"{} async></script>',
        static("tracking/capture.js"),
        reverse("tracking:capture"),
        " ".join(params),
        _nonce(nonce),
    )


@register.simple_tag
def handoff_script(nonce: str = "") -> SafeString:
    """The script that hands the click over with links and forms to the others of TRACKING_DOMAINS."""
    if not conf.domains:
        return SafeString("")
    return format_html(
        '<script src="{}" data-url="{}" data-domains="{}"{} async></script>',
        static("tracking/handoff.js"),
        reverse("tracking:token"),
        " ".join(conf.domains),
        _nonce(nonce),
    )


@register.simple_tag(takes_context=True)
def handoff_url(context: dict[str, Any], url: str) -> str:
    """The address with a token of the shopper's click, where it leads to another of TRACKING_DOMAINS.

    The token holds for some minutes from now, so where shoppers linger use the script as well: it renews it. A page
    with a token in it is for one shopper alone, and no cache may keep it.
    """
    request = context.get("request")
    if request is None or not handoff.leads_to_sibling(url, host=request.get_host()):
        return url
    kept = counting_click(request)
    if kept is None:
        return url
    setattr(request, PRIVATE, True)
    return handoff.add_token(url, handoff.make_token(kept, now=timezone.now()))


def _nonce(nonce: str) -> SafeString:
    return format_html(' nonce="{}"', nonce) if nonce else SafeString("")
