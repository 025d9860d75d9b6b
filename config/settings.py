"""The reference shop's settings: read from the environment, secure unless told otherwise."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(BASE_DIR / ".env")

# Security ---------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)


def _required(name: str, value: Any, remedy: str) -> Any:
    """Return `value`; without one, and with DEBUG off, stop the start and say what to do."""
    if not value and not DEBUG:
        raise ImproperlyConfigured(f"{name} is not set. {remedy} (With DEBUG=1 a development default is used.)")
    return value


SECRET_KEY = _required(
    "SECRET_KEY",
    env.str("SECRET_KEY", default=""),
    "Set it in the environment or in .env to a long random text: python -c "
    "'import secrets; print(secrets.token_urlsafe(50))'",
) or ("development-only-" + "k" * 50)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS = _required(
    "ALLOWED_HOSTS",
    env.list("ALLOWED_HOSTS", default=[]),
    "Set it in the environment or in .env to the shop's host names, separated by commas: "
    "ALLOWED_HOSTS=shop.example,www.shop.example",
) or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# TLS is expected in front of the shop whenever DEBUG is off; each line can be turned off by name.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=not DEBUG)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=not DEBUG)
SESSION_COOKIE_SECURE = env.bool("SESSION_COOKIE_SECURE", default=not DEBUG)
CSRF_COOKIE_SECURE = env.bool("CSRF_COOKIE_SECURE", default=not DEBUG)
if env.bool("BEHIND_TLS_PROXY", default=False):
    # Only when a proxy of yours sets this header on every request: else a visitor could claim https.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Application ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "payments",
    "tracking",
    "store",
]

MIDDLEWARE = [
    "tracking.middleware.AffiliateMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "store.middleware.TextCompressionMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "store.middleware.CurrencyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "store.context.shop",
            ],
        },
    },
]

# Database ---------------------------------------------------------------------------------------------------


def _database(url: dict[str, Any]) -> dict[str, Any]:
    """Give the database of DATABASE_URL the options that its engine needs here."""
    engine = url["ENGINE"].rpartition(".")[2]
    options = url.setdefault("OPTIONS", {})
    if engine == "sqlite3":
        # WAL lets readers and one writer work side by side; IMMEDIATE takes the write lock at BEGIN, where the
        # busy time-out can wait for it. `synchronous` stays FULL, SQLite's default: with less, a power cut could
        # turn a postback that was sent back into one that is still to be sent.
        options.setdefault("transaction_mode", "IMMEDIATE")
        options.setdefault("timeout", 20)  # seconds
        options.setdefault("init_command", "PRAGMA journal_mode=WAL;")
        if url["NAME"] not in ("", ":memory:"):
            Path(url["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    elif engine == "mysql":
        options.setdefault("charset", "utf8mb4")
        options.setdefault("isolation_level", "read committed")
        options.setdefault("init_command", "SET sql_mode='STRICT_TRANS_TABLES'")
    if engine != "sqlite3":
        url.setdefault("CONN_MAX_AGE", 60)  # seconds
        url["CONN_HEALTH_CHECKS"] = True
    return url


DATABASES = {"default": _database(env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'shop.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# MySQL has neither conditional indexes nor conditional constraints: Django makes full indexes of tracking's partial
# ones, and Offer.save keeps the default offer single.
SILENCED_SYSTEM_CHECKS = ["models.W036", "models.W037"]

# People, language, time -------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_URL = "store:login"
LOGIN_REDIRECT_URL = "store:account"
LOGOUT_REDIRECT_URL = "store:home"

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

# Static files -----------------------------------------------------------------------------------------------

STATIC_URL = "/static/"  # with the slash: the same below /eur/
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Uploaded photos, served by the shop itself: with several machines, a folder that they share.
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))

# Logs -------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # runserver's own line for each request; without this it ignores LOG_LEVEL.
    "loggers": {"django.server": {"level": env.str("LOG_LEVEL", default="INFO"), "propagate": True, "handlers": []}},
}

# Payments (django-payments) ---------------------------------------------------------------------------------

PAYMENT_MODEL = "store.Payment"
PAYMENT_HOST = env.str("PAYMENT_HOST", default="localhost:8000")
PAYMENT_USES_SSL = env.bool("PAYMENT_USES_SSL", default=not DEBUG)
# The test provider lets anybody pay for nothing: without DEBUG it is there only when it is named.
_TEST_VARIANTS = {
    "default": ["store.providers.DemoProvider", {}],
    "invoice": ["store.invoice.InvoiceProvider", {"pay_to": "Nobody: this is a shop to try"}],
}
PAYMENT_VARIANTS = env.json("PAYMENT_VARIANTS", default=_TEST_VARIANTS if DEBUG else {})

# Mail -------------------------------------------------------------------------------------------------------

globals().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10  # seconds; a mail server that hangs must not hang the shop
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Pennywort <shop@pennywort.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Celery, for TRACKING_ENGINE=celery -------------------------------------------------------------------------

CELERY_DB_REUSE_MAX = 1000  # tasks; unless told, Celery closes the database connection before and after each
CELERY_BEAT_SCHEDULE = {"tracking": {"task": "tracking.drain", "schedule": 30.0, "options": {"expires": 30.0}}}

# Shop and tracking ------------------------------------------------------------------------------------------

# Each STORE_… and TRACKING_… setting has a default, in store/conf.py and tracking/conf/; only what the environment
# names is set here.
_OPTIONAL = {
    "CELERY_BROKER_URL": env.str,
    "STORE_NAME": env.str,
    "STORE_CURRENCY": env.str,
    "STORE_CURRENCIES": env.list,
    "STORE_ORDER_PREFIX": env.str,
    "STORE_TAX_PERCENT": env.str,
    "STORE_CURRENCIES_WITH_TAX": env.list,
    "TRACKING_AFFILIATE_ID_PARAM": env.str,
    "TRACKING_OFFER_ID_PARAM": env.str,
    "TRACKING_TRANSACTION_ID_PARAM": env.str,
    "TRACKING_ATTRIBUTION": env.str,
    "TRACKING_WINDOW_DAYS": env.int,
    "TRACKING_CUSTOMERS": env.bool,
    "TRACKING_COOKIE_NAME": env.str,
    "TRACKING_COOKIE_DOMAIN": env.str,
    "TRACKING_CONSENT": env.str,
    "TRACKING_DOMAINS": env.list,
    "TRACKING_SHARED_KEY": env.str,
    "TRACKING_CURRENCY_CONVERTER": env.str,
    "TRACKING_RATE_MAX_AGE_DAYS": env.int,
    "TRACKING_ENGINE": env.str,
    "TRACKING_CONCURRENCY": env.int,
    "TRACKING_RATE_LIMIT": env.int,
    "TRACKING_NOTIFY": env.bool,
    "TRACKING_POSTBACK_HOSTS": env.list,
    "TRACKING_SECURITY_TOKEN": env.str,
    "TRACKING_ORDER_DETAILS_SECRET": env.str,
    "TRACKING_ORDER_DETAILS_URL": env.str,
    "TRACKING_ORDER_VALUE_KEY": env.str,
    "TRACKING_SITE_URL": env.str,
    "TRACKING_MONITORING_TOKEN": env.str,
    "TRACKING_ALERT_RECIPIENTS": env.list,
    "TRACKING_ALERT_EVERY": env.int,
    "TRACKING_ALERT_SILENCE_HOURS": env.int,
    "TRACKING_ALERT_PAUSE_MINUTES": env.int,
    "TRACKING_ALERT_WORKER_MINUTES": env.int,
    "TRACKING_ALERT_ACCEPTANCE_DROP": env.int,
    "TRACKING_ALERT_MISSED_LANDINGS": env.int,
}
if find_spec("djmoney"):  # the extra `currency`
    INSTALLED_APPS.append("djmoney.contrib.exchange")
    CURRENCY_CHOICES: list[tuple[str, str]] = []  # nothing here offers them, and all their names take 5 MB
    TRACKING_CURRENCY_CONVERTER = "tracking.exchange.stored_rate"
globals().update({name: read(name) for name, read in _OPTIONAL.items() if env.ENVIRON.get(name)})
if env.str("TRACKING_ENGINE", default="") == "celery" and find_spec("celery"):
    import_module("config.celery")  # who sends Celery's messages has to know its app; others save its memory
