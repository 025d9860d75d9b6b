"""Settings of the processes that are measured: the shop's own, of which the receiver on this machine may be reached."""

from tests.settings import *  # noqa: F403

TRACKING_POSTBACK_HOSTS = ["127.0.0.1", "localhost"]
CELERY_TASK_DEFAULT_QUEUE = "tracking-benchmark-drain"  # not the queue of whatever else uses the broker
