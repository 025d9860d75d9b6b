"""A local stand-in for Aspire, to develop, show and test against; needs no database and no network."""

from tracking.sandbox.faults import Fault
from tracking.sandbox.ledger import Click, Conversion, PostbackRequest
from tracking.sandbox.offers import Creator, Offer
from tracking.sandbox.server import Sandbox

__all__ = ["Click", "Conversion", "Creator", "Fault", "Offer", "PostbackRequest", "Sandbox"]
