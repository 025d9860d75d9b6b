"""The two addresses that machines ask."""

import logging
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from tracking.conf import conf
from tracking.monitoring import health, metrics
from tracking.monitoring.access import for_monitoring

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


@for_monitoring
def show_health(request: "HttpRequest") -> HttpResponse:
    """How tracking is, as JSON: 200 if it is in order or a person should look, 503 if nothing is delivered."""
    now = timezone.now()
    try:
        known = health.read(now=now)
    except (DatabaseError, InterfaceError) as error:
        logger.error("Health cannot be told: %s", error)
        return JsonResponse(health.without_database(now=now), status=HTTPStatus.SERVICE_UNAVAILABLE)
    status, problems = health.judge(known, worker_limit=timedelta(minutes=conf.alert_worker_minutes))
    code = HTTPStatus.SERVICE_UNAVAILABLE if status is health.Status.FAIL else HTTPStatus.OK
    return JsonResponse(health.to_json(known, status, problems), status=code)


@for_monitoring
def show_metrics(request: "HttpRequest") -> HttpResponse:
    """The figures for Prometheus; 501 where its client is not installed, 503 without the database."""
    try:
        text, content_type = metrics.exposition(now=timezone.now())
    except ImportError:
        return _told("Run pip install 'django-aspire-tracking[prometheus]'.", HTTPStatus.NOT_IMPLEMENTED)
    except (DatabaseError, InterfaceError) as error:
        logger.error("Metrics cannot be told: %s", error)
        return _told("The database cannot be used.", HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse(text, content_type=content_type)


def _told(words: str, status: HTTPStatus) -> HttpResponse:
    return HttpResponse(f"{words}\n", content_type="text/plain", status=status)
