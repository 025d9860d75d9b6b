"""A shopper's way, over Django's own request cycle."""

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.test import Client

if TYPE_CHECKING:
    from http.cookies import Morsel

COOKIE = "aspire_click"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
DAY = 24 * 3600
BACKENDS = ["db", "signed_cookies"]
UNREPLACED = ["affiliate_id={affiliate_id}", "affiliate_id=%7Baffiliate_id%7D", "affiliate_id=%257Baffiliate_id%257D"]


def land(client: Client, page: str = "/plain/", query: str = "affiliate_id=77", **extra: Any) -> HttpResponse:
    return client.get(f"{page}?{query}" if query else page, **extra)


def seen(client: Client, **extra: Any) -> str:
    """The click that the shop sees on the shopper's next page."""
    return client.get("/shown/", **extra).content.decode()


def click_cookie(response: HttpResponse) -> "Morsel[str] | None":
    return response.cookies.get(COOKIE)


def refuse_cookie(client: Client) -> None:
    client.cookies.pop(COOKIE)


def lose_session(client: Client) -> None:
    client.cookies.pop("sessionid")
