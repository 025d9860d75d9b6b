"""Where a request that was handed a click goes on: to the same address without the token."""

from typing import TYPE_CHECKING

from django.http import HttpResponseRedirect
from django.utils.encoding import escape_uri_path
from django.utils.http import escape_leading_slashes

from tracking.capture import handoff
from tracking.capture.consent import Consent, consent_of
from tracking.capture.keeping import keep_private
from tracking.capture.visitors import is_loaded_ahead
from tracking.conf import conf

if TYPE_CHECKING:
    from django.http import HttpRequest


def clean_address(request: "HttpRequest") -> HttpResponseRedirect | None:
    """The redirect to the same address without a token; None where it has none, or has to keep it.

    The path alone, so that nothing in the request can lead the shopper to another host. While the shopper has not been
    asked for consent nothing but the address holds the click; a form's POST must reach its view.
    """
    query: str = request.META.get("QUERY_STRING", "")
    clean = handoff.strip_token(query)
    if request.method != "GET" or clean == query or not conf.domains or is_loaded_ahead(request.META):
        return None
    if consent_of(request) is Consent.NOT_ASKED:
        return None
    path = escape_leading_slashes(escape_uri_path(request.path))
    response = HttpResponseRedirect(f"{path}?{clean}" if clean else path)
    keep_private(response)
    return response
