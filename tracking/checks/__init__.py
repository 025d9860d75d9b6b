"""System checks: faults in the set-up that `manage.py check` can see, each with what to do. One file, one subject."""

from tracking.checks.caches import check_caches
from tracking.checks.cookies import check_cookie_domain, check_cookies
from tracking.checks.currency import check_converter
from tracking.checks.engines import check_celery, check_server
from tracking.checks.environment import check_time_zones, check_urllib3
from tracking.checks.hosts import check_hosts
from tracking.checks.middleware import check_middleware
from tracking.checks.offers import check_offers
from tracking.checks.order_details import check_order_details
from tracking.checks.parameters import check_parameters
from tracking.checks.settings import check_settings

__all__ = [
    "check_caches",
    "check_celery",
    "check_converter",
    "check_cookie_domain",
    "check_cookies",
    "check_hosts",
    "check_middleware",
    "check_offers",
    "check_order_details",
    "check_parameters",
    "check_server",
    "check_settings",
    "check_time_zones",
    "check_urllib3",
]
