"""How a setting of a kind is read. Only `conf` uses it."""

import re
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

# What needs no percent-encoding, so that a query can be searched for it.
_PARAMETER = re.compile(r"[A-Za-z0-9_.~-]{1,64}")


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

    def _whole_or_none(self, name: str, *, most: int) -> int | None:
        return None if getattr(settings, name, None) is None else self._whole(name, 1, most=most)

    def _flag(self, name: str, *, default: bool) -> bool:
        value: Any = getattr(settings, name, default)
        if not isinstance(value, bool):
            raise ImproperlyConfigured(f"{name} is {value!r}: give True or False.")
        return value

    def _secret(self, name: str) -> str:
        value: Any = getattr(settings, name, "")
        if value is not None and not isinstance(value, str):  # the value is a secret: not told
            raise ImproperlyConfigured(f"{name} is a {type(value).__name__}: give a text.")
        return value or ""

    def _function(self, name: str, *, of: str) -> Callable[..., Any] | None:
        value: Any = getattr(settings, name, None)
        if value is None or value == "":
            return None
        try:
            found: Any = import_string(value) if isinstance(value, str) else value
        except ImportError as error:
            raise ImproperlyConfigured(f"{name} is {value!r}, which cannot be imported: {error}.") from None
        if not callable(found) or iscoroutinefunction(found):
            raise ImproperlyConfigured(f"{name} is {value!r}: give a plain function of {of}, or its path.")
        return found  # type: ignore[no-any-return]
