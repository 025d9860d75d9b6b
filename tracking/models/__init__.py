"""The ledger: offers, conversions, the outbox of postbacks with every attempt, customers' clicks, landing counts."""

from tracking.models.conversions import Conversion, RememberedClick
from tracking.models.customers import CustomerClicks, StoppedSubscription
from tracking.models.landings import LandingCount
from tracking.models.offers import Offer
from tracking.models.postbacks import Attempt, Postback

__all__ = [
    "Attempt",
    "Conversion",
    "CustomerClicks",
    "LandingCount",
    "Offer",
    "Postback",
    "RememberedClick",
    "StoppedSubscription",
]
