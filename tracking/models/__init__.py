"""The ledger: offers, conversions, the outbox with every attempt, what came back, customers' clicks, who delivers."""

from tracking.models.alerts import Alert, WatchRound
from tracking.models.conversions import Conversion, RememberedClick
from tracking.models.customers import CustomerClicks, StoppedSubscription
from tracking.models.hosts import HostPause, WorkerHeartbeat
from tracking.models.landings import LandingCount, LandingHour
from tracking.models.metrics import MetricCounter, MetricMark
from tracking.models.needs import NeedsMe
from tracking.models.offers import Offer
from tracking.models.order_details import OrderDetails, OrderDetailsAttempt
from tracking.models.overview import Overview
from tracking.models.postbacks import Attempt, Postback
from tracking.models.reconciliations import (
    ExportChunk,
    ExportColumns,
    ExportUpload,
    Reconciliation,
    ReconciliationChange,
)
from tracking.models.refunds import Adjustment, EarlyRefund

__all__ = [
    "Adjustment",
    "Alert",
    "Attempt",
    "Conversion",
    "CustomerClicks",
    "EarlyRefund",
    "ExportChunk",
    "ExportColumns",
    "ExportUpload",
    "HostPause",
    "LandingCount",
    "LandingHour",
    "MetricCounter",
    "MetricMark",
    "NeedsMe",
    "Offer",
    "OrderDetails",
    "OrderDetailsAttempt",
    "Overview",
    "Postback",
    "Reconciliation",
    "ReconciliationChange",
    "RememberedClick",
    "StoppedSubscription",
    "WatchRound",
    "WorkerHeartbeat",
]
