"""The job that each rival does for a row, the same as the outbox's own: claim it, GET, record the result."""

import threading
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import requests
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tracking.models import Attempt, Postback

Status = Postback.Status

_of_this_thread = threading.local()


def deliver(postback_id: int) -> None:
    """Deliver one postback as a careful user would write it: a lease before the request, a log after it."""
    now = timezone.now()
    row = Postback.objects.filter(pk=postback_id)
    claimed = row.filter(status=Status.PENDING).update(
        status=Status.SENDING, claim_token=uuid4(), lease_expires_at=now + timedelta(seconds=90)
    )
    if not claimed:
        return
    url = _url(*row.values_list("offer__postback_url", "conversion__affiliate_id", "amount", "conversion__order_id")[0])
    response = _session().get(url, timeout=(5, 15))
    with transaction.atomic():
        row.filter(status=Status.SENDING).update(
            status=Status.ACCEPTED if "success=true" in response.text else Status.REJECTED,
            claim_token=None,
            lease_expires_at=None,
            due_at=None,
            attempts_made=F("attempts_made") + 1,
            settled_at=timezone.now(),
        )
        Attempt.objects.create(
            postback_id=postback_id,
            started_at=now,
            duration_ms=round(response.elapsed.total_seconds() * 1000),
            url=url,
            http_status=response.status_code,
            reply=response.text[:1024],
            verdict="accepted",
        )


def _session() -> requests.Session:
    if not hasattr(_of_this_thread, "session"):
        _of_this_thread.session = requests.Session()
    session: requests.Session = _of_this_thread.session
    return session


def _url(template: str, affiliate_id: str, amount: Decimal, order_id: str) -> str:
    filled = template.replace("AFFILIATE_ID", affiliate_id).replace("AMOUNT", str(amount))
    return filled.replace("ORDER_ID", order_id)
