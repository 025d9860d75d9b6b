"""A bank."""

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from tests.tracking.exchange.steps import page


@pytest.fixture
def bank(httpserver: HTTPServer) -> Callable[..., str]:
    """A bank whose page has this text; gives its address."""

    def serve(text: str | None = None, *, status: int = 200) -> str:
        httpserver.expect_request("/eurofxref-daily.xml").respond_with_data(text or page(), status=status)
        return httpserver.url_for("/eurofxref-daily.xml")

    return serve
