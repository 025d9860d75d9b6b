"""The export of conversions as CSV, such as a merchant downloads: the real one's column names are not published."""

import csv
from collections.abc import Iterable
from io import StringIO

from tracking.sandbox.ledger import Conversion

HEADER = ("Date", "Offer ID", "Affiliate ID", "Transaction ID", "Advertiser Unique 1", "Sale Amount", "Status")


def conversions_csv(conversions: Iterable[Conversion]) -> str:
    """Return the sales, oldest first; test sales never appear in a merchant's reports (Aspire 6425578)."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for sale in conversions:
        if not sale.is_test:
            writer.writerow(
                (
                    sale.received_at.isoformat(timespec="seconds"),
                    sale.offer_id,
                    sale.aff_id,
                    sale.transaction_id,
                    sale.order_id,
                    sale.amount,
                    sale.status,
                )
            )
    return file.getvalue()
