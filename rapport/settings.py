"""Every setting, read from the environment, each with its reason and a default that runs on a laptop."""

import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from rapport.run import logs

env = environ.Env()

# Where this installation lives. This alone keeps one installation apart from another.
DATA_DIR = Path(env.str("RAPPORT_DATA_DIR", "rapport-data")).expanduser().resolve()
LAKE_DIR = DATA_DIR / "lake"  # the warehouse's Parquet files
UPLOAD_DIR = DATA_DIR / "uploads"
REJECT_DIR = DATA_DIR / "rejects"
LOCK_DIR = DATA_DIR / "locks"
PRACTICE_MARK = "practice.json"  # a data folder with this file in it holds the practice company

# The sample data that some tests and benchmarks read.
SAMPLES = Path(env.str("RAPPORT_SAMPLES", str(Path(__file__).resolve().parents[2] / "shared" / "data")))

# The company's money and clock. Currency unset: that of the first money fact, then fixed.
CURRENCY = env.str("RAPPORT_CURRENCY", "").upper()
COMPANY_TIME_ZONE = env.str("RAPPORT_TIME_ZONE", "UTC")

# The engine of questions over many.
ENGINE = env.str("RAPPORT_ENGINE", "duckdb")
WAREHOUSE_MEMORY = env.str("RAPPORT_WAREHOUSE_MEMORY", "2GB")  # of one loader or reader; the rest goes to disk
VALUE_HORIZON_DAYS = env.int("RAPPORT_VALUE_HORIZON_DAYS", default=365)  # how far ahead customers are valued
VALUE_MARGIN = env.float("RAPPORT_VALUE_MARGIN", default=1.0)  # of revenue, where no cost is told; 1: value is revenue
VALUE_DISCOUNT = env.float("RAPPORT_VALUE_DISCOUNT", default=0.1)  # a year: money then is worth so much less today
WAREHOUSE_THREADS = env.int("RAPPORT_WAREHOUSE_THREADS", 0)  # of one loader or reader; 0: one for each core

# Mail. Without RAPPORT_EMAIL_URL it lands in an outbox in the data folder, which the console shows.
EMAIL_URL = env.str("RAPPORT_EMAIL_URL", "")  # smtp://user:password@host:587, smtps://…; smtp+tls:// insists on STARTTLS
MAIL_CONNECTIONS = env.int("RAPPORT_MAIL_CONNECTIONS", default=4)  # to that server at once, of all workers together
MAIL_FROM = env.str("RAPPORT_MAIL_FROM", "")  # Halden <news@halden.example>
BOUNCE_ADDRESS = env.str("RAPPORT_BOUNCE_ADDRESS", "")  # delivery reports come back here; unset: to the sender's domain
SMTP_DOOR = env.str("RAPPORT_SMTP_DOOR", "")  # 127.0.0.1:2525: where delivery reports are taken in; unset: nowhere
OUTBOX_DIR = DATA_DIR / "outbox"
PUBLIC_URL = env.str("RAPPORT_PUBLIC_URL", "http://localhost:8000").rstrip("/")  # where customers reach links in their mail
COMPANY_NAME = env.str("RAPPORT_COMPANY_NAME", "")
COMPANY_ADDRESS = env.str("RAPPORT_COMPANY_ADDRESS", "")  # the postal address that marketing mail must carry
CONTACTS_PER_WEEK_MAX = env.int("RAPPORT_CONTACTS_PER_WEEK_MAX", default=3)  # marketing messages to a person in any 7 days
ATTRIBUTION_DAYS = env.int("RAPPORT_ATTRIBUTION_DAYS", default=5)  # an order so soon after a person's click is counted to the mail

# Which hosts may ask; "*" suits loopback and a reverse proxy that checks the name itself.
ALLOWED_HOSTS = env.list("RAPPORT_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("RAPPORT_ORIGINS", default=[])  # e.g. https://crm.example.com
HTTPS = env.bool("RAPPORT_HTTPS", default=False)  # cookies only over TLS
DEBUG = env.bool("RAPPORT_DEBUG", default=False)


def _secret(name: str) -> str:
    """A secret made at first start and kept in the data folder, for its owner's eyes alone."""
    path = DATA_DIR / "secrets" / name
    try:
        return path.read_text().strip()
    except OSError:  # not there yet, or not ours to read: what follows tells
        pass
    fresh = path.with_name(f".{name}-{os.getpid()}")
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)  # customers' data: for its owner alone
        path.parent.mkdir(exist_ok=True, mode=0o700)
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was first: its secret stands
            os.link(fresh, path)
        fresh.unlink()
        return path.read_text().strip()
    except OSError as trouble:
        raise ImproperlyConfigured(
            f"The data folder {DATA_DIR} cannot be written ({trouble.strerror}). Set RAPPORT_DATA_DIR to a folder you own."
        ) from trouble


SECRET_KEY = _secret("django")

if env.str("RAPPORT_DATABASE_URL", ""):
    DATABASES = {"default": env.db_url("RAPPORT_DATABASE_URL")}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "record.sqlite"}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # deferred, a read followed by a write fails at once with "database is locked"
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous="
        + ("FULL" if env.bool("RAPPORT_SURVIVE_POWER_CUT", default=False) else "NORMAL")
        + ";PRAGMA cache_size=-16384;",
    }
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test-record.sqlite"}  # several threads: never in memory
else:
    # What lib.prepared runs is prepared; without a threshold nothing is, and Django's own queries never are.
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5
DATABASES["default"]["CONN_MAX_AGE"] = 600  # a thread keeps its connection: SQLite's last one to close would write the whole WAL back
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "rapport.lib",
    "rapport.accounts",
    "rapport.events",
    "rapport.customers",
    "rapport.commerce",
    "rapport.intake",
    "rapport.warehouse",
    "rapport.segments",
    "rapport.value",
    "rapport.messaging",
    "rapport.campaigns",
    "rapport.console",
    "rapport.api",
    "rapport.learn",
    "rapport.run",
]
MIDDLEWARE = [
    "rapport.run.request_line.RequestLine",
    "rapport.api.plain.NoPages",  # outermost: whatever goes wrong below, a program is answered with a problem, never with a page
    "django.middleware.security.SecurityMiddleware",
    "rapport.messaging.short_way.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "rapport.urls"
WSGI_APPLICATION = "rapport.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_CALLABLE = "rapport.console.views.sign_in.tried_too_often"
AXES_VERBOSE = False
LOGIN_URL = "/app/sign-in/"
LOGIN_REDIRECT_URL = "/app/"
LOGOUT_REDIRECT_URL = "/app/sign-in/"

SESSION_COOKIE_NAME = "__Host-rapport" if HTTPS else "rapport"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "rapport-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # no collectstatic step on a laptop
WHITENOISE_AUTOREFRESH = False
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]  # a 2 GB file never fills memory
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOG_LEVEL = env.str("RAPPORT_LOG_LEVEL", "WARNING").upper()
LOG_FORMAT = env.str("RAPPORT_LOG_FORMAT", "plain").lower()
LOGGING = logs.configuration(LOG_LEVEL if LOG_LEVEL in logging.getLevelNamesMapping() else "WARNING", LOG_FORMAT)

METRICS_TOKEN = env.str("RAPPORT_METRICS_TOKEN", "")  # who brings it may read /metrics from another machine
