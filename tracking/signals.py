"""The signals a shop sends (in) and may listen to (out)."""

from django.dispatch import Signal

order_completed = Signal()
"""In: an order is paid for, or otherwise final. Send it inside the transaction that makes it so.

Arguments: `order`, a `tracking.orders.CompletedOrder`; `request`, the shopper's `HttpRequest` or None (webhooks,
jobs). Sending it again for the same order id changes nothing. Never waits for the network, and never
raises, unless the database connection broke and the order's transaction is lost with it.
"""

order_cancelled = Signal()
"""In: an order was cancelled. A postback not yet sent is cancelled with it; what was sent becomes an adjustment.

Arguments: `order_id`, text. Sending it again changes nothing. One that overtakes its order's `order_completed` is kept
for 90 days and applied then.
"""

order_refunded = Signal()
"""In: money went back to the shopper. A postback not yet sent is lowered, or cancelled where nothing is left; what was
sent becomes an adjustment: a line in the admin's list of what a person has to see to in Aspire.

Arguments: `order_id`, text; `items_total`, Decimal: what is left of the order's goods after all refunds so far, in the
order's currency (0 after a full refund); optional `shipping` and `tax`, Decimal: what is left of these, for offers that
are paid on the total (what is not given counts as not refunded). Sending it again changes nothing, and as only the
least that was told of an order counts, the order in which refunds are told does not matter either. One that overtakes
`order_completed` is kept for 90 days and applied then.
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

alert_raised = Signal()
"""Out: something is wrong, or has become worse. Sent by a process that delivers, never in a request.

Arguments: `alert`, a `tracking.models.Alert` (`kind`, `subject`, `level`, `what`, `since`); `is_worse`, False the first
time. One process sends it once, whether or not anybody is mailed. What a receiver raises goes no further.
"""

alert_cleared = Signal()
"""Out: what `alert_raised` told is over.

Arguments: `alert`, a `tracking.models.Alert`. What a receiver raises goes no further.
"""
