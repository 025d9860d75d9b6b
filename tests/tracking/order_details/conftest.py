"""An offer that asks for order details, and Aspire's API for them."""

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from tests.factories import OfferFactory
from tests.network import Network
from tests.tracking.order_details.steps import SECRET
from tracking.models import Offer


@pytest.fixture(autouse=True)
def worker_engine(settings: Settings) -> None:
    """Nothing is sent but what a test sends."""
    settings.TRACKING_ENGINE = "worker"


@pytest.fixture
def api(httpserver: HTTPServer, network: Network, settings: Settings) -> HTTPServer:
    """Aspire's API beside its postbacks; answers 200."""
    settings.TRACKING_ORDER_DETAILS_URL = httpserver.url_for("/details")
    settings.TRACKING_ORDER_DETAILS_SECRET = SECRET
    settings.TRACKING_POSTBACK_HOSTS = ["localhost", "127.0.0.1"]
    httpserver.expect_request("/details", method="POST").respond_with_data("{}")
    return httpserver


@pytest.fixture
def offer(network: Network) -> Offer:
    offer: Offer = OfferFactory(postback_url=network.postback_url, sends_order_details=True)
    return offer
