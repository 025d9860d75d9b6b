"""The outbox: the one room that changes the state of a postback, or of order details. It sends and judges nothing.

An order's transaction enqueues; a process claims rows with a lease, committed before anything is sent, and settles
them behind a fence.
"""

from tracking.models import Postback
from tracking.postbacks.outbox.by_hand import (
    CAN_BE_CANCELLED,
    CAN_BE_GIVEN_UP,
    CAN_BE_MARKED_ACCEPTED,
    CAN_BE_SENT_AGAIN,
    cancel,
    give_up,
    mark_accepted,
    send_again,
)
from tracking.postbacks.outbox.calling_off import CALLED_OFF, call_off
from tracking.postbacks.outbox.claims import LEASE, Claim, claim, claim_test, expired, next_due_at, one_commit
from tracking.postbacks.outbox.details import (
    DETAILS_CAN_BE_SENT_AGAIN,
    WAITS_FOR_KEY,
    has_secret,
    let_details_follow,
    owe_details,
    release_waiting,
    send_details_again,
    wants_details,
)
from tracking.postbacks.outbox.doubt import doubtful, has_unknown_attempt, may_have_been_counted
from tracking.postbacks.outbox.kinds import KINDS, ORDER_DETAILS, POSTBACK, Kind
from tracking.postbacks.outbox.owing import (
    ONCE_PER_ORDER,
    amount_currency,
    enqueue,
    record_and_enqueue,
    wrong_currency,
)
from tracking.postbacks.outbox.reconciling import confirm, send_absent
from tracking.postbacks.outbox.refunding import lower
from tracking.postbacks.outbox.settling import Settlement, release, settle, written
from tracking.postbacks.outbox.waiting import waiting_for_rate, work_out_waiting

Status = Postback.Status

__all__ = [
    "CALLED_OFF",
    "CAN_BE_CANCELLED",
    "CAN_BE_GIVEN_UP",
    "CAN_BE_MARKED_ACCEPTED",
    "CAN_BE_SENT_AGAIN",
    "DETAILS_CAN_BE_SENT_AGAIN",
    "KINDS",
    "LEASE",
    "ONCE_PER_ORDER",
    "ORDER_DETAILS",
    "POSTBACK",
    "WAITS_FOR_KEY",
    "Claim",
    "Kind",
    "Settlement",
    "Status",
    "amount_currency",
    "call_off",
    "cancel",
    "claim",
    "claim_test",
    "confirm",
    "doubtful",
    "enqueue",
    "expired",
    "give_up",
    "has_secret",
    "has_unknown_attempt",
    "let_details_follow",
    "lower",
    "mark_accepted",
    "may_have_been_counted",
    "next_due_at",
    "one_commit",
    "owe_details",
    "record_and_enqueue",
    "release",
    "release_waiting",
    "send_absent",
    "send_again",
    "send_details_again",
    "settle",
    "waiting_for_rate",
    "wants_details",
    "work_out_waiting",
    "written",
    "wrong_currency",
]
