"""Where Celery looks for this app's tasks. Imported by Celery alone."""

from tracking.postbacks.engines.celery import drain

__all__ = ["drain"]
