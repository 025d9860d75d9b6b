"""The request being served, for signals that carry none."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

served_request: ContextVar["HttpRequest | None"] = ContextVar("tracking_served_request", default=None)
