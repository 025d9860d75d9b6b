"""Orders and postbacks of the benchmarks. What they know of tracking's inside is here and nowhere else."""

import time
from decimal import Decimal
from uuid import uuid4

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from store.models import Order, OrderLine
from tests.factories import ConversionFactory, OfferFactory, PostbackFactory, completed_order
from tracking.models import Conversion, Offer, Postback, RememberedClick
from tracking.models.rows import insert_both_unless_there
from tracking.postbacks import outbox
from tracking.postbacks.worker import threads_at_once
from tracking.signals import order_completed

CLAIMED_AT_ONCE = 32

threads = threads_at_once
"""How many requests a worker has under way at once on this database, unless told otherwise."""


def clear() -> None:
    """Forget all orders, and all that tracking knows."""
    kept = [model for model in apps.get_app_config("tracking").get_models() if model._meta.managed]
    models = [*kept, OrderLine, Order]
    tables = [model._meta.db_table for model in models]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            return
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")


def set_offer(postback_url: str, **values: object) -> Offer:
    """The default offer, unless told otherwise."""
    return OfferFactory(postback_url=postback_url, **values)


def owe(count: int, *offers: Offer) -> list[int]:
    """Owe so many postbacks for each of the offers in turn, which nobody sends before `release`; returns their ids."""
    conversions = Conversion.objects.bulk_create(
        ConversionFactory.build(offer=offer) for _ in range(count) for offer in offers
    )
    postbacks = Postback.objects.bulk_create(
        PostbackFactory.build(conversion=conversion, offer=conversion.offer, due_at=None) for conversion in conversions
    )
    return [postback.pk for postback in postbacks]


def release() -> None:
    """Let all that is owed fall due together with one more order, whose commit wakes whoever is to be woken."""
    number = remember_clicks(1)[0]
    with transaction.atomic():
        make_due()
        place_order(number)


def make_due() -> None:
    """Let all that is owed fall due, and the database know how much that is, as its own housekeeping tells it."""
    Postback.objects.filter(status="pending", due_at=None).update(due_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Postback._meta.db_table}")


def remember_clicks(count: int) -> list[str]:
    """Numbers for so many orders, each with a click frozen for it, as `remember` does when an order is placed."""
    numbers = [f"B{uuid4().hex[:12]}" for _ in range(count)]
    now = timezone.now()
    RememberedClick.objects.bulk_create(
        RememberedClick(order_id=number, affiliate_id="77", clicked_at=now, remembered_at=now) for number in numbers
    )
    return numbers


def place_order(number: str, *, is_tracked: bool = True) -> None:
    """Place an order of two lines, in the caller's transaction."""
    order = Order.objects.create(
        number=number,
        checkout_token=uuid4(),
        currency="USD",
        items_total=Decimal("49.99"),
        total=Decimal("49.99"),
    )
    for price in (Decimal("19.99"), Decimal("30.00")):
        OrderLine.objects.create(order=order, name="Cup", unit_price=price, quantity=1)
    if is_tracked:
        order_completed.send(sender=Order, order=completed_order(order_id=number))


def ready_rows(number: str) -> tuple[Conversion, Postback]:
    """What is written down for a credited order, all made up before."""
    conversion = ConversionFactory.build(order_id=number, offer=Offer.objects.get())
    return conversion, PostbackFactory.build(conversion=conversion, offer=conversion.offer)


def place_order_with_rows(conversion: Conversion, postback: Postback) -> None:
    """Place an order and write these rows, in the caller's transaction, without a savepoint, a click or a decision."""
    place_order(conversion.order_id[:16], is_tracked=False)
    insert_both_unless_there(conversion, outbox.ONCE_PER_ORDER, postback, link="conversion")


def wait_until_accepted(count: int, *, timeout: float = 60) -> None:
    """Wait until so many postbacks are accepted. Raises TimeoutError."""
    give_up_at = time.monotonic() + timeout
    while (accepted := Postback.objects.filter(status="accepted").count()) < count:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{accepted} of {count} postbacks were accepted within {timeout:g} s.")
        time.sleep(0.02)


def poll() -> int:
    """Claim what is due, as a worker does; returns how many rows."""
    return len(outbox.claim(CLAIMED_AT_ONCE, now=timezone.now()))


def settle_many(count: int, offer: Offer) -> None:
    """Add so many rows that were accepted long ago, copied inside the database from one."""
    [template] = owe(1, offer)
    Postback.objects.filter(pk=template).update(status="accepted", settled_at=timezone.now(), attempts_made=1)
    conversion = Postback.objects.get(pk=template).conversion_id
    first = 1 + max(template, conversion)
    with connection.cursor() as cursor:
        for table, pk, own in (
            (Conversion._meta, conversion, {"id": f"n + {first}", "order_id": f"'S' || (n + {first})"}),
            (Postback._meta, template, {"id": f"n + {first}", "conversion_id": f"n + {first}"}),
        ):
            columns = [field.column for field in table.concrete_fields]
            cursor.execute(
                f"INSERT INTO {table.db_table} ({', '.join(columns)}) "
                f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1}) "
                f"SELECT {', '.join(own.get(column, column) for column in columns)} "
                f"FROM {table.db_table}, numbers WHERE id = {pk}"
            )
        for sql in connection.ops.sequence_reset_sql(no_style(), [Conversion, Postback]):
            cursor.execute(sql)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
