"""Doubt: whether Aspire may have counted an earlier attempt, so that a repeat can pay twice."""

from django.db.models import Exists, OuterRef, Q

from tracking.models import Attempt, Postback
from tracking.postbacks.outbox.claims import Claim
from tracking.postbacks.verdicts import Verdict

Status = Postback.Status


def may_have_been_counted(claim: Claim) -> bool:
    """Tell whether Aspire may have an earlier attempt of this row; one that it asked to repeat is among them."""
    certainly_not = {Verdict.NOT_SENT, Verdict.REJECTED, Verdict.DUPLICATE, Verdict.FAILED}
    return not _earlier_verdicts(claim) <= certainly_not


def has_unknown_attempt(claim: Claim) -> bool:
    """Tell whether the outcome of an earlier attempt of this row is unknown."""
    return Verdict.UNCONFIRMED in _earlier_verdicts(claim)


def _earlier_verdicts(claim: Claim) -> set[str]:
    if claim.attempts_made == 0:
        return set()
    verdicts = set(Attempt.objects.filter(postback_id=claim.row_id).values_list("verdict", flat=True))
    return verdicts or {Verdict.UNCONFIRMED}  # the log of them is gone


def doubtful() -> Q:
    """Rows of which Aspire may have counted an attempt, so that sending them again can pay twice.

    A pending row is not among them: it is going to be sent whether a person asks for it or not.
    """
    return Q(status=Status.UNCONFIRMED) | Q(_counted(), status__in=[Status.REJECTED, Status.FAILED])


def in_question() -> Q:
    """Rows whose amount Aspire may have: a repeat keeps it, so that there is one number in question, not two."""
    return Q(status=Status.UNCONFIRMED) | Q(is_in_doubt=True) | Q(_counted())


def _counted() -> Exists:
    return Exists(
        Attempt.objects.filter(
            postback=OuterRef("pk"), verdict__in=[Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.UNCONFIRMED]
        )
    )
