"""The one check of a password, for every door: limited for each name and each address.

Attempts are counted before the password is looked at, so that many at once do not slip through;
django-axes writes down those that failed, and locks a name for an address.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.apps import apps
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from messages.addresses import address_of, counted
from messages.errors import RateLimited
from messages.ratelimit import sign_ins_from_address, sign_ins_of_name
from messages.windows import Window

_MAX_NAME = 150


class LimitedSignIn(ModelBackend):
    """Checks the password itself: no backend after it is asked.

    Raises RateLimited, and Unavailable while nobody can count.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if username is None or password is None:
            return None
        name = folded(username)
        place = counted(address_of(request)) if request is not None else ""
        taken_of_name, taken_from_address = _take(name, place)
        if request is not None and not AxesProxyHandler.is_allowed(request, {"username": username}):
            raise _locked()
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None:
            raise PermissionDenied
        sign_ins_of_name.give_back(taken_of_name)
        sign_ins_from_address.give_back(taken_from_address)
        return user


def is_password_of(user: Any, password: str) -> bool:
    """Whether this is somebody's own, who is signed in; guesses cost as much as at the door."""
    name = folded(user.get_username())
    taken = sign_ins_of_name.take(name)
    is_right: bool = user.check_password(password)
    if is_right:
        sign_ins_of_name.give_back(taken)
    return is_right


def name_tried(request: HttpRequest | None, credentials: Mapping[str, Any] | None) -> str:
    """Under what name django-axes writes an attempt down."""
    return folded(str((credentials or {}).get("username") or ""))


def attempts_of(username: str) -> list[QuerySet[Any]]:
    """Everything that django-axes has written down under somebody's name."""
    names = {username, folded(username)}
    models: Any = apps.get_app_config("axes").get_models()
    return [
        model.objects.filter(username__in=names)
        for model in models
        if any(field.name == "username" for field in model._meta.fields)
    ]


def folded(username: str) -> str:
    """As it is counted: however it is written, and no longer than a name can be."""
    return unicodedata.normalize("NFKC", username[:_MAX_NAME]).casefold()[:_MAX_NAME]


def _take(name: str, place: str) -> tuple[Window | None, Window | None]:
    """What is given back if it was the right password: of the name, and from the address."""
    from_address = sign_ins_from_address.take(place) if place else None
    return sign_ins_of_name.take(name), from_address


def _locked() -> RateLimited:
    return RateLimited(
        _("Too many attempts; please wait a moment."),
        scope="signIns",
        limit=settings.AXES_FAILURE_LIMIT,
        retry_after_ms=int(settings.AXES_COOLOFF_TIME.total_seconds() * 1000),
    )
