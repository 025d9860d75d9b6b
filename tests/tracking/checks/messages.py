"""What the messages of a check say."""

from typing import Any

MIDDLEWARE = "tracking.middleware.AffiliateMiddleware"


def told(messages: Any) -> list[str]:
    return [message.msg for message in messages]


def ids(messages: Any) -> list[str | None]:
    return [message.id for message in messages]
