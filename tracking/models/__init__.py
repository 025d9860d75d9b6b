"""The ledger: offers, conversions, the outbox with every attempt, customers' clicks, and the notes of who delivers."""

from tracking.models.conversions import Conversion, RememberedClick
from tracking.models.customers import CustomerClicks, StoppedSubscription
from tracking.models.hosts import HostPause, WorkerHeartbeat
from tracking.models.landings import LandingCount
from tracking.models.offers import Offer
from tracking.models.postbacks import Attempt, Postback

__all__ = [
    "Attempt",
    "Conversion",
    "CustomerClicks",
    "HostPause",
    "LandingCount",
    "Offer",
    "Postback",
    "RememberedClick",
    "StoppedSubscription",
    "WorkerHeartbeat",
]
