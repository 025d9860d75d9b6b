"""The outbox: the one room that changes a postback's state. It sends nothing and judges nothing.

An order's transaction enqueues; a process claims rows with a lease, committed before anything is sent, and settles
them behind a fence.
"""

from tracking.models import Postback
from tracking.postbacks.outbox.by_hand import (
    CAN_BE_CANCELLED,
    CAN_BE_MARKED_ACCEPTED,
    CAN_BE_SENT_AGAIN,
    cancel,
    mark_accepted,
    send_again,
)
from tracking.postbacks.outbox.calling_off import CALLED_OFF, call_off
from tracking.postbacks.outbox.claims import LEASE, Claim, claim, claim_test, expired, next_due_at, one_commit
from tracking.postbacks.outbox.doubt import doubtful, has_unknown_attempt, may_have_been_counted
from tracking.postbacks.outbox.owing import ONCE_PER_ORDER, currency_mismatch, enqueue, record_and_enqueue
from tracking.postbacks.outbox.settling import Settlement, release, settle

Status = Postback.Status

__all__ = [
    "CALLED_OFF",
    "CAN_BE_CANCELLED",
    "CAN_BE_MARKED_ACCEPTED",
    "CAN_BE_SENT_AGAIN",
    "LEASE",
    "ONCE_PER_ORDER",
    "Claim",
    "Settlement",
    "Status",
    "call_off",
    "cancel",
    "claim",
    "claim_test",
    "currency_mismatch",
    "doubtful",
    "enqueue",
    "expired",
    "has_unknown_attempt",
    "mark_accepted",
    "may_have_been_counted",
    "next_due_at",
    "one_commit",
    "record_and_enqueue",
    "release",
    "send_again",
    "settle",
]
