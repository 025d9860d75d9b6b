"""Tracking in Django admin: offers to edit, and the log to read. A state changes only through the log's actions."""

from tracking.admin.conversions import ConversionAdmin
from tracking.admin.hosts import HostPauseAdmin
from tracking.admin.landings import LandingCountAdmin
from tracking.admin.offers import OfferAdmin
from tracking.admin.postbacks import PostbackAdmin
from tracking.admin.workers import WorkerHeartbeatAdmin

__all__ = [
    "ConversionAdmin",
    "HostPauseAdmin",
    "LandingCountAdmin",
    "OfferAdmin",
    "PostbackAdmin",
    "WorkerHeartbeatAdmin",
]
