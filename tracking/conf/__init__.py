"""Every setting of tracking: typed, read when asked for, each with a default that works. Nothing else reads them."""

from tracking.conf.capture import CaptureConf
from tracking.conf.delivery import DeliveryConf
from tracking.conf.watch import WatchConf


class Conf(CaptureConf, DeliveryConf, WatchConf):
    """What the shop says in its settings, and what tracking reads of Django's own."""


conf = Conf()
