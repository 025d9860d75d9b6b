"""WSGI applications that can be entered from deeper in the stack: `X-Depth: 40` puts 40 frames below the request.

CPython keeps its frames in chunks of 16 KiB. Where the end of a chunk falls into a loop, each turn of it takes and
gives back memory, so that a page may cost several percent more at one depth than at the next. A cost that holds has
to be measured at many depths.
"""

from collections.abc import Iterable
from typing import Any

HEADER = "X-Depth"


def deep(application: Any) -> Any:
    """The application, entered as many frames deeper as the request's header says."""

    def enter(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return descend(int(environ.get("HTTP_X_DEPTH", "0")), environ, start_response)

    def descend(frames: int, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return descend(frames - 1, environ, start_response) if frames else application(environ, start_response)

    return enter
