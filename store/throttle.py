"""How often something may be tried: passwords guessed, letters asked for. Counted in Django's cache."""

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def is_allowed(action: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one try of `action` for `key` (an address); False once `limit` were counted within the time."""
    name = f"store:{action}:{salted_hmac('store.throttle', key).hexdigest()}"
    cache.add(name, 0, seconds)
    try:
        return cache.incr(name) <= limit
    except ValueError:  # it expired between the two
        return True


def forget(action: str, key: str) -> None:
    """Start counting anew: the try succeeded."""
    cache.delete(f"store:{action}:{salted_hmac('store.throttle', key).hexdigest()}")
