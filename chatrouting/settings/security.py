"""Who people are, and what their browsers are told about us."""

import re
from datetime import timedelta

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from chatrouting.settings.environment import DEBUG, env, whole
from chatrouting.settings.services import SILENCED_SYSTEM_CHECKS

TAKEN_PATHS = frozenset({"accounts", "api", "chats", "moderation", "new", "static", "thumbnails"})

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

AUTHENTICATION_BACKENDS = [
    "messages.signing_in.LimitedSignIn",
    # Never asked for a password, since the one above answers; sessions that were begun with it
    # stay what they are.
    "django.contrib.auth.backends.ModelBackend",
]
# django-axes writes down what failed, and locks a name for an address. The rest is ours to do:
# its backend and its middleware would answer in a form of their own.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "messages.addresses.address_of"
AXES_USERNAME_CALLABLE = "messages.signing_in.name_tried"
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS += ["axes.W002", "axes.W003"]

# The proxy in front sends browsers to TLS; what its other names do is not ours to say.
SILENCED_SYSTEM_CHECKS += ["security.W005", "security.W008", "security.W021"]

# How many proxies are in front, each of which adds to X-Forwarded-For.
TRUSTED_PROXIES = whole("TRUSTED_PROXIES", default=0, most=9)
ADMIN_PATH = env.str("ADMIN_PATH", default="admin").strip("/")
if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ADMIN_PATH) or ADMIN_PATH in TAKEN_PATHS:
    raise ImproperlyConfigured("ADMIN_PATH must be one word, and no address of the pages.")

# --- Tokens of the API ---------------------------------------------------------------------------

KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105  # a name, no token
TOKEN_DAYS = whole("TOKEN_DAYS", default=90, most=3650)
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=TOKEN_DAYS) if TOKEN_DAYS else None,
    "AUTH_HEADER_PREFIX": "Bearer",
}

# --- Cookies -------------------------------------------------------------------------------------

SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# `__Host-` keeps other names of the domain from setting ours; browsers take it over TLS alone.
SESSION_COOKIE_NAME = "sessionid" if DEBUG else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEBUG else "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = not DEBUG
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- Headers -------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = None  # `client` reads the forwarded scheme, from trusted proxies only
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 0 if DEBUG else env.int("HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)

# What no page of ours uses, and no player either.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "hid",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)

# The socket is 'self' too: same host and port. A page that needs more says so at its view.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "frame-src": ["https://www.youtube-nocookie.com"],  # the player, on a click
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
