"""What is kept of customers: the clicks of those who are signed in (opt-in), and which subscriptions have ended."""

from django.db import models

from tracking.models.fields import IdField
from tracking.orders import ORDER_ID_LENGTH


class CustomerClicks(models.Model):
    """The clicks of a signed-in customer that may still earn an order, on whatever device it is placed."""

    customer_id = IdField(max_length=ORDER_ID_LENGTH, unique=True)
    clicks = models.TextField()
    """As the cookie has them: see `tracking.capture.clicks.to_text`."""
    until = models.DateTimeField(db_index=True)
    """When the last of them is over, and the row of no more use."""

    def __str__(self) -> str:
        return f"Clicks of customer {self.customer_id}"


class StoppedSubscription(models.Model):
    """A subscription whose renewals earn nothing any more."""

    subscription_id = IdField(max_length=ORDER_ID_LENGTH, unique=True)
    reason = models.TextField()
    stopped_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Subscription {self.subscription_id}"
