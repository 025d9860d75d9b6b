"""The ledger: offers, conversions, the outbox with every attempt, landing counts, and the notes of who delivers."""

from tracking.models.conversions import Conversion, RememberedClick
from tracking.models.hosts import HostPause, WorkerHeartbeat
from tracking.models.landings import LandingCount
from tracking.models.offers import Offer
from tracking.models.postbacks import Attempt, Postback

__all__ = [
    "Attempt",
    "Conversion",
    "HostPause",
    "LandingCount",
    "Offer",
    "Postback",
    "RememberedClick",
    "WorkerHeartbeat",
]
