"""Fill the receipts of orders that were recorded before there were any.

Page by page, each its own transaction, so that a long ledger keeps nobody waiting; a run that was interrupted goes on
where it stopped.
"""

from decimal import Decimal

from django.db import migrations
from django.db.models import Case, F, Max, Min, OuterRef, Q, Subquery, When

PAGE = 5000  # rows
NEAR = Decimal("0.0051")  # half a cent, and what a float of SQLite may be off


def fill(apps, _schema_editor):
    conversions = apps.get_model("tracking", "Conversion").objects
    ends = conversions.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    for start in range(ends["first"], ends["last"] + 1, PAGE):
        fill_page(apps, Q(pk__gte=start, pk__lt=start + PAGE))


def fill_page(apps, page):
    """Nothing converted until now: whatever amount a postback has is in its order's own currency."""
    offers = apps.get_model("tracking", "Offer").objects.filter(pk=OuterRef("offer_id"))
    postbacks = apps.get_model("tracking", "Postback").objects.filter(conversion_id=OuterRef("pk"))
    rows = apps.get_model("tracking", "Conversion").objects.filter(
        page, outcome="credited", offer__kind="sale", base_amount__isnull=True
    )
    ids = list(rows.values_list("pk", flat=True))
    rows = apps.get_model("tracking", "Conversion").objects.filter(pk__in=ids)
    rows.update(
        reported_amount=Subquery(postbacks.values("amount")[:1]),
        offer_currency=Subquery(offers.values("currency")[:1]),
        amount_basis=Subquery(offers.values("amount_basis")[:1]),
    )
    reported = rows.filter(reported_amount__isnull=False)
    reported.update(rate=1, offer_currency=F("currency"))
    # An offer's basis may have been changed since; the number tells which it was.
    total = F("items_total") + F("shipping") + F("tax")
    is_items = Q(reported_amount__gte=F("items_total") - NEAR, reported_amount__lte=F("items_total") + NEAR)
    is_total = Q(reported_amount__gte=total - NEAR, reported_amount__lte=total + NEAR)
    reported.filter(is_items).exclude(is_total).update(amount_basis="items")
    reported.filter(is_total).exclude(is_items).update(amount_basis="total")
    rows.update(base_amount=Case(When(amount_basis="total", then=total), default=F("items_total")))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tracking", "0004_amounts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
