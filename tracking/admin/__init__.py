"""Tracking in Django admin: offers to edit, and the log to read. A state changes only through the log's actions."""

from tracking.admin.conversions import ConversionAdmin
from tracking.admin.landings import LandingCountAdmin
from tracking.admin.offers import OfferAdmin
from tracking.admin.postbacks import PostbackAdmin

__all__ = ["ConversionAdmin", "LandingCountAdmin", "OfferAdmin", "PostbackAdmin"]
