"""API tokens: named, shown once, stored as digests; they end by themselves, or are revoked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import AuthToken

from messages.drafts import require_text
from messages.errors import BadRequest, NotFound
from messages.models import MAX_TOKEN_NAME, TokenName

MAX_TOKENS = 100
_ID = 16  # characters of the digest, which tell nothing of the token


@dataclass(frozen=True, slots=True)
class Token:
    """One of somebody's tokens, without the token itself."""

    id: str
    name: str
    created: datetime
    expires: datetime | None


def id_of(token: AuthToken) -> str:
    return str(token.digest)[:_ID]


@transaction.atomic
def create(user: Any, name: str = "") -> tuple[Token, str]:
    """A new token, and what it reads: the only time that anybody sees it. Raises BadRequest."""
    name = require_text(name.strip(), field="name")
    if len(name) > MAX_TOKEN_NAME:
        raise BadRequest(
            _("A name has at most %(most)d characters.") % {"most": MAX_TOKEN_NAME}, field="name"
        )
    AuthToken.objects.filter(user=user, expiry__lte=timezone.now()).delete()
    if AuthToken.objects.filter(user=user).count() >= MAX_TOKENS:
        raise BadRequest(_("These are too many tokens; revoke one first."))
    token, text = AuthToken.objects.create(user=user)
    if name:
        TokenName.objects.create(token=token, name=name)
    return Token(id_of(token), name, token.created, token.expiry), text


def tokens_of(user: Any) -> list[Token]:
    """Those that are valid, the newest first."""
    names = dict(TokenName.objects.filter(token__user=user).values_list("token_id", "name"))
    return [
        Token(id_of(token), names.get(token.digest, ""), token.created, token.expiry)
        for token in _valid(user).order_by("-created", "digest")
    ]


def revoke(user: Any, token_id: str) -> None:
    """One of somebody's own; raises NotFound."""
    if len(token_id) != _ID:
        raise NotFound
    for token in AuthToken.objects.filter(user=user, digest__startswith=token_id):
        token.delete()
        return
    raise NotFound


def revoke_all(user: Any) -> None:
    for token in AuthToken.objects.filter(user=user):
        token.delete()  # one by one: sockets hear of each


def _valid(user: Any) -> Any:
    lasting = Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())
    return AuthToken.objects.filter(lasting, user=user)
