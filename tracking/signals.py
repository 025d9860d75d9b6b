"""The signals a shop sends (in) and may listen to (out)."""

from django.dispatch import Signal

order_completed = Signal()
"""In: an order is paid for, or otherwise final. Send it inside the transaction that makes it so.

Arguments: `order`, a `tracking.orders.CompletedOrder`; `request`, the shopper's `HttpRequest` or None (webhooks,
jobs). Sending it again for the same order id changes nothing. Never waits for the network, and never
raises, unless the database connection broke and the order's transaction is lost with it.
"""

order_cancelled = Signal()
"""In: an order was cancelled. A postback not yet sent is cancelled with it.

Arguments: `order_id`, text. An order that tracking does not know is ignored.
"""

order_refunded = Signal()
"""In: money went back to the shopper. A full refund cancels a postback that is not yet sent.

Arguments: `order_id`, text; `items_total`, Decimal: what is left of the order's goods after all refunds so far, in
the order's currency (0 after a full refund). Sending it again changes nothing.
"""

subscription_cancelled = Signal()
"""In: a subscription ended. Renewals of it that are completed from now on earn nothing.

Arguments: `subscription_id`, text, as its orders carry it. Not needed where a subscription that ended is simply not
renewed any more; cancelling or fully refunding its first order says the same by itself. A subscription that begins
anew takes a new id.
"""

conversion_recorded = Signal()
"""Out: an order was recorded and attribution decided. Sent inside the order's transaction.

Arguments: `conversion`, a `tracking.models.Conversion`. What a receiver raises is logged and goes no further.
"""

postback_settled = Signal()
"""Out: a postback reached a state that delivery will not change by itself. Sent after the commit.

Arguments: `postback`, a `tracking.models.Postback`. What a receiver raises is logged and goes no further.
"""
