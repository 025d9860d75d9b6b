"""Tracking in Django admin: offers to edit, and the log to read. A state changes only through the log's actions."""

from tracking.admin.adjustments import AdjustmentAdmin
from tracking.admin.alerts import AlertAdmin
from tracking.admin.conversions import ConversionAdmin
from tracking.admin.hosts import HostPauseAdmin
from tracking.admin.landings import LandingCountAdmin
from tracking.admin.needs import NeedsMeAdmin
from tracking.admin.offers import OfferAdmin
from tracking.admin.order_details import OrderDetailsAdmin
from tracking.admin.overview import OverviewAdmin
from tracking.admin.postbacks import PostbackAdmin
from tracking.admin.reconciliations import ReconciliationAdmin
from tracking.admin.workers import WorkerHeartbeatAdmin

__all__ = [
    "AdjustmentAdmin",
    "AlertAdmin",
    "ConversionAdmin",
    "HostPauseAdmin",
    "LandingCountAdmin",
    "NeedsMeAdmin",
    "OfferAdmin",
    "OrderDetailsAdmin",
    "OverviewAdmin",
    "PostbackAdmin",
    "ReconciliationAdmin",
    "WorkerHeartbeatAdmin",
]
