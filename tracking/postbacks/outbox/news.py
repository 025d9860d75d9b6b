"""News: telling the shop's receivers what became of its postbacks."""

import logging
from collections.abc import Iterable

from django.db import DatabaseError

from tracking.models import Postback
from tracking.signals import postback_settled

logger = logging.getLogger(__name__)


def announce(ids: Iterable[int]) -> None:
    if not postback_settled.has_listeners(Postback):
        return
    settled = Postback.objects.filter(id__in=list(ids), settled_at__isnull=False).select_related("conversion", "offer")
    try:
        for postback in settled:
            postback_settled.send_robust(sender=Postback, postback=postback)
    except DatabaseError:  # the states are committed: whoever called must not try again
        logger.exception("Postbacks were settled, but their receivers could not be told.")
