"""Two sites of one merchant, and a shopper on the way from one to the other."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client

from tracking.capture.clicks import Click, KeptClick

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEPT = KeptClick(
    Click(affiliate_id="77", offer_id="12345", transaction_id="abc", clicked_at=NOW - timedelta(days=3)),
    NOW + timedelta(days=25),
)
HERE, THERE = {"Host": "www.brand.test"}, {"Host": "brand.example"}
FOREIGN = [
    {},
    {"Origin": "null"},
    {"Origin": "http://elsewhere.test"},
    {"Origin": "http://brand.example"},
    {"Origin": "http://www.brand.test.elsewhere.test"},
    {"Origin": "http://["},
    {"Origin": "http://www.brand.test", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://www.brand.test", "Sec-Fetch-Site": "same-site"},
]


def land(client: Client, query: str = "affiliate_id=77&offer_id=12345") -> None:
    client.get(f"/plain/?{query}", headers=HERE)


def linked(client: Client, to: str = "https://brand.example/plain/?a=1") -> str:
    page = client.get("/links/", {"to": to}, headers=HERE).content.decode()
    found = re.search(r'<a href="([^"]*)">', page)
    assert found
    return unescape(found[1])


def token_of(client: Client) -> str:
    response = client.post("/tracking/token", headers={**HERE, "Origin": "http://www.brand.test"})
    assert response.status_code == 200
    return response.content.decode()


def arrive(client: Client, url: str, **headers: str) -> HttpResponse:
    parts = urlsplit(url)
    response: HttpResponse = client.get(f"{parts.path}?{parts.query}", headers={**THERE, **headers})
    return response


def seen(client: Client) -> str:
    return client.get("/shown/", headers=THERE).content.decode()
