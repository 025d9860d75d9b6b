"""The shop three times in one process, as one WSGI application: with tracking, and twice without.

`X-Shop` says which one answers. They share everything but tracking, since two processes of the very same shop differ by
up to 4 % for as long as they live, by where their memory happens to lie.

`X-Depth: 40` puts 40 frames below the request. CPython keeps its frames in chunks of 16 KiB; where the end of a chunk
falls into a loop, each turn of it takes and gives back memory, so that a page may cost several percent more at one
depth than at the next. A cost that holds has to be measured at many depths.
"""

import gc
import os
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings

from store import checkout
from tracking.signals import order_completed
from tracking.templatetags import tracking as tags

WITHOUT = [name for name in settings.MIDDLEWARE if not name.startswith("tracking.")]


class Shop:
    """A shop of its own middleware; from its request on, its own receivers hear of orders and of clicks to remember."""

    def __init__(self, middleware: list[str], receivers: list[Any], remember: Callable[..., None]) -> None:
        self.is_tracked = bool(receivers)
        self._receivers = receivers
        self._remember = remember
        with override_settings(MIDDLEWARE=middleware):
            self._handler = WSGIHandler()

    def answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        order_completed.receivers = self._receivers
        checkout.remember = self._remember
        return self._handler(environ, start_response)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """One request at a time: which shop it is holds for the whole process."""
    global current
    if environ["PATH_INFO"] == "/freeze":
        gc.collect()
        gc.freeze()  # what is there by now stays, and is no more looked through
        start_response("204 No Content", [])
        return []
    current = shops[environ["HTTP_X_SHOP"]]
    return descend(int(environ["HTTP_X_DEPTH"]), environ, start_response)


def descend(frames: int, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return descend(frames - 1, environ, start_response) if frames else current.answer(environ, start_response)


def when_tracked(tag: Callable[..., str]) -> Callable[..., str]:
    @wraps(tag)
    def written(*args: Any, **options: Any) -> str:
        return tag(*args, **options) if current.is_tracked else ""

    return written


for tag in (tags.capture_script, tags.handoff_script):
    tags.register.simple_tag(when_tracked(tag))

shops = {
    "tracked": Shop(settings.MIDDLEWARE, order_completed.receivers, checkout.remember),
    "plain": Shop(WITHOUT, [], lambda *_: None),
    "twin": Shop(WITHOUT, [], lambda *_: None),
}
current = shops["tracked"]
