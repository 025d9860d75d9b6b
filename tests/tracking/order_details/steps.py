"""An order completed, and its details sent."""

from decimal import Decimal

from django.db import transaction
from pytest_httpserver import HTTPServer
from werkzeug import Request

from tests.factories import completed_order, visit_from
from tests.network import Network
from tracking.models import OrderDetails
from tracking.orders import OrderLine
from tracking.postbacks.exchanges import Timeouts
from tracking.postbacks.worker import Drain
from tracking.signals import order_completed

SECRET = "s3cr3t/of+Aspire"
PATIENT = Timeouts(connect=3, read=8, whole=9)  # where an answer comes, however busy the machine
MUG = OrderLine(product_id="sku-1", name="Mug", price=Decimal("24.995"), quantity=2, collection_id="kitchen")


def complete(**values: object) -> None:
    with transaction.atomic():
        order_completed.send(sender=None, order=completed_order(**values), request=visit_from("77"))


def drain(timeouts: Timeouts = PATIENT) -> None:
    drain = Drain(concurrency=4, timeouts=timeouts)
    try:
        drain.run()
    finally:
        drain.close()


def posted(server: HTTPServer) -> list[Request]:
    return [request for request, _ in server.log if request.method == "POST"]


def details() -> OrderDetails:
    return OrderDetails.objects.get()


def answers(api: HTTPServer, network: Network, body: str = "", status: int = 200) -> None:
    network.replies(200, "success=true;")  # the first of the two, because it forgets what was answered before
    api.expect_request("/details").respond_with_data(body, status=status)
