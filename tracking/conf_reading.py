"""How a setting of a kind is read. Only `conf` uses it."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_PARAMETER = re.compile(
    r"[A-Za-z0-9_.~-]{1,64}"
)  # what needs no percent-encoding, so that a query can be searched for it


class Reader:
    def _text(self, name: str, default: str) -> str:
        value: Any = getattr(settings, name, default)
        if not isinstance(value, str) or not value:
            raise ImproperlyConfigured(f"{name} is {value!r}: give a text that is not empty.")
        return value

    def _parameter(self, name: str, default: str) -> str:
        value = self._text(name, default)
        if not _PARAMETER.fullmatch(value):
            raise ImproperlyConfigured(f"{name} is {value!r}: give a parameter name of letters, digits, _ . ~ or -.")
        return value

    def _whole(self, name: str, default: int, *, most: int) -> int:
        value: Any = getattr(settings, name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ImproperlyConfigured(f"{name} is {value!r}: give a whole number from 1 to {most}.")
        return value
