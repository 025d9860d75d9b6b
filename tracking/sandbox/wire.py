"""A request and a response as values, and a response's bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the routes need to know of a request; `host` and what follows it are its headers."""

    method: str
    path: str
    query: str
    form: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    origin: str = ""
    content_type: str = ""
    client_secret: str = ""
    body: str = ""
    """As received; a form is read into `form` as well."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response."""

    status: int
    body: str = ""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    def head(self, *, closes: bool, length: int) -> bytes:
        """Return the status line and the headers, saying that `length` bytes follow."""
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {length}",
            f"Connection: {'close' if closes else 'keep-alive'}",
            "X-Content-Type-Options: nosniff",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def encode(self, *, closes: bool = False, is_head: bool = False) -> bytes:
        """Return the bytes to send, in one piece: of two writes the second may wait for the client's ACK."""
        body = self.body.encode()
        return self.head(closes=closes, length=len(body)) + (b"" if is_head else body)


def parse_params(query: str) -> dict[str, str]:
    """Decode a query or a form; of a repeated name the last value counts, an undecodable byte is replaced."""
    return dict(parse_qsl(query, keep_blank_values=True, errors="replace"))
