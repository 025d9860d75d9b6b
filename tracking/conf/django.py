"""What tracking reads of Django's own settings. Only `conf` uses it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How browsers are told to treat the session."""

    is_secure: bool
    is_http_only: bool
    same_site: str
    """"lax", "strict", "none", or empty where nothing is said."""


class DjangoConf:
    @property
    def middleware(self) -> tuple[str, ...]:
        """Django's own MIDDLEWARE."""
        return tuple(settings.MIDDLEWARE)

    @property
    def has_secure_sessions(self) -> bool:
        """Django's own SESSION_COOKIE_SECURE: the shop speaks https, also where its proxy does not say so."""
        return bool(settings.SESSION_COOKIE_SECURE)

    @property
    def session_cookie_name(self) -> str:
        """Django's own SESSION_COOKIE_NAME."""
        return str(settings.SESSION_COOKIE_NAME)

    @property
    def session_engine(self) -> str:
        """Django's own SESSION_ENGINE."""
        return str(settings.SESSION_ENGINE)

    @property
    def is_debug(self) -> bool:
        """Django's own DEBUG."""
        return bool(settings.DEBUG)

    @property
    def uses_time_zones(self) -> bool:
        """Django's own USE_TZ."""
        return bool(settings.USE_TZ)

    @property
    def session_cookie(self) -> SessionCookie:
        """Django's own SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY and SESSION_COOKIE_SAMESITE."""
        return SessionCookie(
            is_secure=bool(settings.SESSION_COOKIE_SECURE),
            is_http_only=bool(settings.SESSION_COOKIE_HTTPONLY),
            same_site=str(settings.SESSION_COOKIE_SAMESITE or "").lower(),
        )

    @property
    def session_cache(self) -> str:
        """The class of the cache that SESSION_CACHE_ALIAS names; empty where there is none."""
        caches: Any = settings.CACHES
        return str(caches.get(settings.SESSION_CACHE_ALIAS, {}).get("BACKEND", ""))

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Django's own ALLOWED_HOSTS."""
        return tuple(settings.ALLOWED_HOSTS)

    @property
    def redirects_to_https(self) -> bool:
        """Django's own SECURE_SSL_REDIRECT: the shop is served by https."""
        return bool(settings.SECURE_SSL_REDIRECT)

    @property
    def admins(self) -> tuple[str, ...]:
        """The addresses in Django's own ADMINS: until Django 6 pairs of name and address."""
        admins: Any = settings.ADMINS or ()
        return tuple(admin if isinstance(admin, str) else admin[1] for admin in admins)
