"""A landing that Django serves and whose page has the capture script is told of twice, and counted once.

The response says when it was counted, where the page's script can read it, and the script says so when it tells. A copy
of the page that a cache serves later says so too, but with a moment that is past.
"""

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

MARK: Final = "_tracking_counted"  # attribute of a request whose landing was counted
HEADER: Final = "X-Landing-Counted"  # what the script sends; capture.js knows the name
HOLDS_FOR: Final = 120  # seconds from the page to its script
AGAIN: Final = "again"  # the script has told of this landing before


def mark(request: "HttpRequest", response: "HttpResponseBase") -> None:
    """Say in the response that its landing was counted, if it was."""
    if request.__dict__.get(MARK):
        said = response.headers.get("Server-Timing")
        mine = f'landing;desc="{time.time():.0f}"'
        response.headers["Server-Timing"] = f"{said}, {mine}" if said else mine


def is_counted(request: "HttpRequest") -> bool:
    """Tell whether the page that tells of a landing knows that it was counted. Nothing but a proportion rests on it."""
    said = request.headers.get(HEADER, "")
    if said == AGAIN:
        return True
    if not said.isascii() or not said.isdigit() or len(said) > 12:
        return False
    return -HOLDS_FOR <= time.time() - int(said) <= HOLDS_FOR
