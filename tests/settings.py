"""Settings of the test run: the shop's own, without TLS, and with nothing that delivers by itself."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only-" + "k" * 50)
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1,.shop.test")
os.environ["SECURE_SSL_REDIRECT"] = os.environ["SESSION_COOKIE_SECURE"] = os.environ["CSRF_COOKIE_SECURE"] = "0"

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405 - it warns while nothing is collected

# Nothing is sent behind a test's back: what a test wants delivered it drains itself.
TRACKING_ENGINE = "worker"
TRACKING_POSTBACK_HOSTS = [
    "get.aspr.app",
    "aspireiq.go2cloud.org",
    "*.go2cloud.org",
    "127.0.0.1",
    "localhost",
]

PAYMENT_VARIANTS = {"default": ("store.providers.DemoProvider", {})}
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "store.W001"]  # noqa: F405 - it is a test provider, and meant to be

TRACKING_CURRENCY_CONVERTER = ""  # a test that wants one names it
