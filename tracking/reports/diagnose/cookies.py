"""Cookies as a browser takes them: what `Set-Cookie` says, whether it is refused, where it is sent. Plain rules."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from tracking.postbacks.addresses import is_loopback_name


@dataclass(frozen=True, slots=True)
class Cookie:
    """One `Set-Cookie` line (RFC 6265), and the host that sent it."""

    name: str
    value: str
    host: str
    attributes: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""

    @property
    def domain(self) -> str:
        """The Domain attribute without its leading dot; "" where the cookie is for its host alone."""
        return self.attributes.get("domain", "").lstrip(".").lower()

    @property
    def path(self) -> str:
        path = self.attributes.get("path", "")
        return path if path.startswith("/") else "/"

    @property
    def is_secure(self) -> bool:
        return "secure" in self.attributes

    @property
    def same_site(self) -> str:
        return self.attributes.get("samesite", "").lower()

    def lifetime(self, now: datetime) -> float | None:
        """Seconds that a browser keeps it from now on; None until it is closed. Max-Age goes before Expires."""
        max_age = self.attributes.get("max-age", "")
        if max_age.lstrip("-").isdecimal():
            return float(max_age)
        try:
            until = parsedate_to_datetime(self.attributes["expires"])
        except (KeyError, ValueError):
            return None
        return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()

    def is_deletion(self, now: datetime) -> bool:
        lifetime = self.lifetime(now)
        return lifetime is not None and lifetime <= 0

    def refusal(self, url: str) -> str:
        """Why a browser throws away this cookie when `url` sets it; "" when it keeps it."""
        parts = urlsplit(url)
        if self.domain and not covers(self.domain, parts.hostname or ""):
            return f"its Domain is {self.domain}, which {parts.hostname} does not belong to"
        if self.domain and "." not in self.domain and self.domain != "localhost":
            return f"its Domain {self.domain} is a whole top-level domain"
        if self.is_secure and not _is_trustworthy(parts):
            return f"it is Secure, but {parts.scheme}://{parts.netloc} is not https"
        if self.same_site == "none" and not self.is_secure:
            return "it says SameSite=None without Secure"
        return ""

    def is_sent_to(self, url: str) -> bool:
        """Tell whether a browser that keeps this cookie sends it along to `url`."""
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path or "/"
        fits_host = covers(self.domain, host) if self.domain else host == self.host
        fits_path = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return fits_host and fits_path and (not self.is_secure or _is_trustworthy(parts))


def parse(line: str, url: str) -> Cookie | None:
    """Read the value of one `Set-Cookie` header that `url` sent; None for what is no cookie."""
    pair, *rest = line.split(";")
    name, sign, value = pair.partition("=")
    if not sign or not name.strip():
        return None
    attributes = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)}
    return Cookie(name.strip(), value.strip().strip('"'), urlsplit(url).hostname or "", attributes)


def covers(domain: str, host: str) -> bool:
    """Tell whether `host` is `domain` or lies below it."""
    return host == domain or (host.endswith(f".{domain}") and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_trustworthy(parts: SplitResult) -> bool:
    """Browsers take this machine's own addresses for secure, https or not."""
    return parts.scheme == "https" or is_loopback_name(parts.hostname or "")
