"""The settings of the watch and of monitoring. Only `conf` uses them."""

import re
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tracking.conf.django import DjangoConf
from tracking.conf.reading import Reader

_SITE = re.compile(r"https?://[^\s/?#@]+/?")
_LEAST_TOKEN = 16  # characters


class WatchConf(DjangoConf, Reader):
    @property
    def site_url(self) -> str:
        """Where the shop's admin is reached, for links in letters: scheme and host."""
        value: Any = getattr(settings, "TRACKING_SITE_URL", "")
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or not _SITE.fullmatch(value):
            raise ImproperlyConfigured(f"TRACKING_SITE_URL is {value!r}: give scheme and host: 'https://shop.example'.")
        return value.rstrip("/")

    @property
    def monitoring_token(self) -> str:
        """What machines bring to read the shop's health and metrics; empty: the staff alone may."""
        value = self._secret("TRACKING_MONITORING_TOKEN")
        if value and (len(value) < _LEAST_TOKEN or not value.isascii() or not value.isprintable() or " " in value):
            raise ImproperlyConfigured(
                f"TRACKING_MONITORING_TOKEN cannot be used: give {_LEAST_TOKEN} or more letters and digits at random."
            )
        return value

    @property
    def alert_recipients(self) -> tuple[str, ...] | None:
        """Who is mailed when something is wrong; None for Django's ADMINS, an empty list for nobody."""
        value: Any = getattr(settings, "TRACKING_ALERT_RECIPIENTS", None)
        if value is None:
            return None
        if not isinstance(value, Collection) or isinstance(value, (str, bytes, dict)):
            raise ImproperlyConfigured(f"TRACKING_ALERT_RECIPIENTS is {value!r}: give a list of mail addresses.")
        for address in value:
            if not isinstance(address, str) or "@" not in address or "\n" in address:
                raise ImproperlyConfigured(f"TRACKING_ALERT_RECIPIENTS holds {address!r}: give a mail address.")
        return tuple(value)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who is mailed when something is wrong: TRACKING_ALERT_RECIPIENTS, or Django's own ADMINS."""
        if self.alert_recipients is not None:
            return self.alert_recipients
        return self.admins

    @property
    def alert_every(self) -> int:
        """Minutes between two looks whether something is wrong."""
        return self._whole("TRACKING_ALERT_EVERY", 5, most=1440)

    @property
    def alert_silence_hours(self) -> int:
        """Hours without an acceptance, though there is something to report, after which that is an alert."""
        return self._whole("TRACKING_ALERT_SILENCE_HOURS", 6, most=24 * 365)

    @property
    def alert_pause_minutes(self) -> int:
        """Minutes that a host fails, after which that is an alert."""
        return self._whole("TRACKING_ALERT_PAUSE_MINUTES", 15, most=60 * 24 * 30)

    @property
    def alert_worker_minutes(self) -> int:
        """Minutes that a postback is due and no worker gives a sign of life, after which that is an alert."""
        return self._whole("TRACKING_ALERT_WORKER_MINUTES", 15, most=60 * 24 * 30)

    @property
    def alert_acceptance_drop(self) -> int:
        """Percentage points that the day's share of accepted postbacks falls below the week's, to be an alert."""
        return self._whole("TRACKING_ALERT_ACCEPTANCE_DROP", 20, most=100)

    @property
    def alert_missed_landings(self) -> int:
        """Landings that there usually are by now and are not, to be an alert."""
        return self._whole("TRACKING_ALERT_MISSED_LANDINGS", 20, most=1_000_000)
