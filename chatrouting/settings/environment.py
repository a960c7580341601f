"""How the environment is read: one clear sentence where a value is odd."""

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = BASE_DIR / "var"
env = environ.Env()
DEBUG = env.bool("DEBUG", default=False)


def number(name: str, default: float) -> float:
    """A number above zero."""
    value = env.str(name, default=str(default))
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", value) or not float(value):
        raise ImproperlyConfigured(f"{name} must be a number above 0, like {default}.")
    return float(value)


def whole(name: str, default: int, *, most: int) -> int:
    """A whole number from 0."""
    value = env.str(name, default=str(default))
    if not re.fullmatch(r"\d{1,9}", value) or int(value) > most:
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 to {most}.")
    return int(value)


def web_address(name: str, default: str) -> str:
    """An http(s) address without a slash at its end; may be empty where `default` is."""
    value = env.str(name, default="") or default
    if value and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", value):
        raise ImproperlyConfigured(f"{name} must look like https://host.example/path.")
    return value.rstrip("/")


def rate(name: str, default: str) -> str:
    """A count per period, as django-ratelimit writes it, or 0 for no limit."""
    value = env.str(name, default=default)
    if value != "0" and not re.fullmatch(r"[1-9]\d{0,8}/[1-9]?\d{0,5}[smhd]", value):
        raise ImproperlyConfigured(
            f"{name} must look like {default} (count/period), or be 0 for off."
        )
    return value
