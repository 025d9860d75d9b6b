"""Who asks for a page: a person, or a program on its own account. Plain rules: no request, no clock."""

import re
from collections.abc import Mapping
from typing import Final

LONGEST_AGENT: Final = 1000  # characters; more is no browser, and not worth searching

# Link previews and crawlers. "CUBOT" is a brand of phones. The in-app browsers of the same services name themselves
# otherwise ("FBAN", "Instagram", "[Pinterest/iOS]", "Snapchat"), and are people.
_PROGRAM = re.compile(
    r"(?<!cu)bot(?:\b|/)|crawl|spider|slurp|preview|facebookexternalhit|facebot|facebookcatalog|meta-external|"
    r"^whatsapp/|^pinterest/|embedly|iframely|vkshare|mediapartners-google|google-safety|ia_archiver|"
    r"^(?:microsoft office|outlook)|skypeuri|^viber/|^line/.*poker",
    re.IGNORECASE,
)

# What browsers say when they load a page that nobody has asked to see yet.
_AHEAD: Final = {
    "HTTP_SEC_PURPOSE": "prefetch",  # also "prefetch;prerender"
    "HTTP_PURPOSE": "prefetch",
    "HTTP_X_PURPOSE": "preview",
    "HTTP_X_MOZ": "prefetch",
}


def is_program(user_agent: str) -> bool:
    """Tell whether the name is that of a link preview or a crawler, which follow links but buy nothing."""
    return _PROGRAM.search(user_agent[:LONGEST_AGENT]) is not None


def is_loaded_ahead(meta: Mapping[str, object]) -> bool:
    """Tell whether the browser prefetches or prerenders the page: nobody has clicked yet."""
    return any(word in str(meta.get(header, "")).lower() for header, word in _AHEAD.items())
