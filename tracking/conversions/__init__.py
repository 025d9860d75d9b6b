"""From a completed order to a recorded conversion: which click earns it, and how much is reported."""
