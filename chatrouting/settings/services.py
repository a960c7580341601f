"""What is used besides this process: the database, and Redis where several processes share it."""

import re

from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from chatrouting.settings.environment import VAR_DIR, env, whole

# --- Database: SQLite when embedded, PostgreSQL when scaled out ---------------------------------

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'chatrouting.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
match DATABASES["default"]["ENGINE"]:
    case "django.db.backends.sqlite3":
        VAR_DIR.mkdir(exist_ok=True)
        DATABASES["default"]["CONN_MAX_AGE"] = None  # it is a file of ours
        DATABASES["default"]["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL costs nothing measurable under group commit, and survives a power cut.
            # Writing back every 32 MB instead of every 4 saves writing the same pages again.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            " PRAGMA wal_autocheckpoint=8000;",
        }
    case "django.db.backends.postgresql":
        DATABASES["default"]["OPTIONS"] = {
            "pool": {"min_size": 2, "max_size": env.int("DATABASE_POOL", default=20), "timeout": 5},
            # A process that is frozen in a transaction would keep its chats locked for everybody.
            "options": "-c idle_in_transaction_session_timeout=4s",
        }
    case _:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")

# --- Redis or Valkey: shared layer and counters; without it this is the only process -------------

REDIS_URL = env.str("REDIS_URL", default="")
PROCESSES = whole("WEB_CONCURRENCY", default=1, most=10_000)  # that serve this database, if said
if REDIS_URL and not re.match(r"(rediss?|unix)://", REDIS_URL):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
SILENCED_SYSTEM_CHECKS: list[str] = []
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "prefix": "chatrouting",
                "hosts": [
                    {
                        "address": REDIS_URL,
                        "socket_timeout": 5,
                        "retry": Retry(ExponentialBackoff(cap=1, base=0.1), 12),
                        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
                        "health_check_interval": 15,
                    }
                ],
            },
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "chatrouting",
            "OPTIONS": {"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        }
    }
    # Local memory counts exactly as long as there is one process, which is what no REDIS_URL means.
    SILENCED_SYSTEM_CHECKS += ["django_ratelimit.E003", "django_ratelimit.W001"]

# Who works on `ai` and `youtube` messages: threads of the servers, or Celery workers.
ENGINE = env.str("ENGINE", default="") or ("celery" if REDIS_URL else "threads")
if ENGINE not in ("threads", "celery"):
    raise ImproperlyConfigured("ENGINE must be threads or celery.")
if ENGINE == "celery" and not REDIS_URL:
    raise ImproperlyConfigured("ENGINE=celery needs REDIS_URL, through which workers are woken.")

# Apart from the counters above, which pictures are not to push out; each process has its own.
CACHES["thumbnails"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "thumbnails",
    "OPTIONS": {"MAX_ENTRIES": 64},
}
