"""Exports uploaded and compared in the admin, beside postbacks in doubt."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.tracking.exports import HEADER, ago, listed, sent
from tracking.models import ExportUpload, Offer, Postback

ALL = ("view_reconciliation", "add_reconciliation", "apply_reconciliation")
COLUMNS = {
    "order_id": "Advertiser Unique 1",
    "amount": "Sale Amount",
    "status": "Status",
    "date": "Date",
    "affiliate_id": "Affiliate ID",
    "offer_id": "Offer ID",
    "transaction_id": "",
}


def address(name: str, *arguments: Any) -> str:
    return reverse(f"admin:tracking_reconciliation_{name}", args=arguments)


def export(*rows: str, header: str = HEADER) -> SimpleUploadedFile:
    return SimpleUploadedFile("conversions.csv", "".join(f"{row}\n" for row in [header, *rows]).encode())


def doubtful(offer: Offer) -> list[str]:
    """One unconfirmed postback that the export lists, one that it provably lacks."""
    for order_id, days, status in [
        ("early", 7.0, "accepted"),
        ("there", 3.0, "unconfirmed"),
        ("lost", 3.0, "unconfirmed"),
        ("late", 1.0, "accepted"),
    ]:
        sent(offer, order_id, at=ago(days=days), status=status)
    return [
        listed("early", at=ago(days=7)),
        listed("there", at=ago(days=3)),
        listed("strange", at=ago(days=2), status="rejected"),
        listed("late", at=ago(days=1)),
    ]


def upload(client: Client, file: SimpleUploadedFile) -> Any:
    return client.post(address("add"), {"file": file}, follow=True)


def compare(client: Client, *rows: str, **said: str) -> Any:
    upload(client, export(*rows))
    kept = ExportUpload.objects.latest("id")
    return client.post(address("columns", kept.pk), {**COLUMNS, **said}, follow=True)


def states() -> dict[str, str]:
    return dict(Postback.objects.values_list("conversion__order_id", "status"))
