"""Links that let people into a chat: made and revoked by who manages it, followed by anybody.

A link is the invitation's id with our signature: nobody guesses one, and none is stored. Whatever
is the matter with a link (never made, expired, revoked, used up, or its bearer banned) is answered
as NotFound, in the same words.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from messages import log, membership, ratelimit
from messages.access import Access, Actor, all_moderators
from messages.clock import now_ms
from messages.errors import BadRequest, Conflict, NotFound
from messages.models import Ban, Invitation, Membership, Role
from messages.representation import PERSON_COLUMNS, author

DAY_MS = 86_400_000
DEFAULT_DAYS = 7
MAX_DAYS = 90
MAX_USES = 10_000
MAX_OPEN = 100
_MAX_TOKEN = 128
_signer = signing.Signer(salt="chatrouting.invitation", sep=".")

WireInvitation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """What whoever has the link may know: what the chat is called, and whether they are in."""

    chat_id: str
    title: str
    is_member: bool


@transaction.atomic
def create(
    actor: Actor, chat_id: str, *, expires_at: int | None = None, max_uses: int | None = None
) -> WireInvitation:
    """A new link; it expires after seven days unless it is told when (ms, 90 days at most).

    Raises Forbidden, BadRequest, RateLimited; Conflict where a hundred are open.
    """
    membership.lock_to_manage(actor, chat_id)
    now = now_ms()
    expires_at = now + DEFAULT_DAYS * DAY_MS if expires_at is None else expires_at
    if not now < expires_at <= now + MAX_DAYS * DAY_MS:
        raise BadRequest(
            "expiresAt is within the next %(most)d days.", field="expiresAt", most=MAX_DAYS
        )
    if max_uses is not None and not 1 <= max_uses <= MAX_USES:
        raise BadRequest("maxUses is a number from 1 to %(most)d.", field="maxUses", most=MAX_USES)
    if _good(now).filter(chat_id=chat_id).count() >= MAX_OPEN:
        raise Conflict("A chat has at most %(most)d open invitations.", most=MAX_OPEN)
    ratelimit.invitations.take(actor.id)
    made = Invitation.objects.create(
        invitation_id=secrets.token_urlsafe(12),
        chat_id=chat_id,
        created_by_id=actor.id,
        created_at=now,
        expires_at=expires_at,
        max_uses=max_uses,
    )
    return _of_chat(chat_id, pk=made.pk)[0]


def open_ones(access: Access) -> list[WireInvitation]:
    """The chat's links that still let somebody in, the newest first; raises Forbidden."""
    access.require_manage()
    return _of_chat(access.chat_id, pk__in=_good(now_ms()).filter(chat_id=access.chat_id))


@transaction.atomic
def revoke(actor: Actor, chat_id: str, invitation_id: str) -> None:
    """From the commit on the link lets nobody in; doing it again changes nothing.

    Raises NotFound, Forbidden, RateLimited.
    """
    membership.lock_to_manage(actor, chat_id)
    found = Invitation.objects.filter(pk=invitation_id, chat_id=chat_id)
    if not found.exists():
        raise NotFound
    if found.filter(revoked_at=None).update(revoked_at=now_ms()):
        membership.require_budget(actor)


def look(actor: Actor, token: str) -> Door:
    """Where a link leads, which it says to members however old it is; raises NotFound."""
    invitation_id = _id_in(actor, token)
    found = Invitation.objects.filter(pk=invitation_id).values_list("chat_id", "chat__title")
    for chat_id, title in found:
        here = {"chat_id": chat_id, "user_id": actor.id}
        if Membership.objects.filter(**here).exists():
            return Door(chat_id, title, is_member=True)
        is_good = _good(now_ms()).filter(pk=invitation_id).exists()
        if is_good and not Ban.objects.filter(**here).exists():
            return Door(chat_id, title, is_member=False)
    raise NotFound


@transaction.atomic
def accept(actor: Actor, token: str) -> tuple[str, bool]:
    """Come in by a link: the chatId, and whether one is new there; who is in uses nothing up.

    Uses are counted under the chat's lock, by a conditional update. Raises NotFound,
    RateLimited.
    """
    invitation_id = _id_in(actor, token)
    chat_id = Invitation.objects.filter(pk=invitation_id).values_list("chat_id", flat=True).first()
    if chat_id is None:
        raise NotFound
    log.lock_one(chat_id)
    if Membership.objects.filter(chat_id=chat_id, user_id=actor.id).exists():
        return chat_id, False
    if Ban.objects.filter(chat_id=chat_id, user_id=actor.id).exists():
        raise NotFound
    if _good(now_ms()).filter(pk=invitation_id).update(uses=F("uses") + 1) != 1:
        raise NotFound
    membership.require_budget(actor)
    membership.join(chat_id, actor, actor, Role.MEMBER)
    return chat_id, True


def _id_in(actor: Actor, token: str) -> str:
    """The one place where a link is read; a guess costs as a new link does. Raises NotFound."""
    try:
        return _signer.unsign(token[:_MAX_TOKEN])
    except signing.BadSignature:
        ratelimit.invitations.take(actor.id)
        raise NotFound from None


def _good(now: int) -> QuerySet[Invitation]:
    """Those that let somebody in: whoever made them could make them now."""
    has_uses = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    owners = Membership.objects.filter(
        chat_id=OuterRef("chat_id"),
        user_id=OuterRef("created_by_id"),
        role=Role.OWNER,
        user__is_active=True,
    )
    by_who_manages = Exists(owners) | Q(created_by__in=all_moderators())
    return Invitation.objects.filter(has_uses, by_who_manages, revoked_at=None, expires_at__gt=now)


def _of_chat(chat_id: str, **where: Any) -> list[WireInvitation]:
    rows = (
        Invitation.objects.filter(chat_id=chat_id, **where)
        .order_by("-created_at", "pk")
        .values_list(
            *("invitation_id", "created_at", "expires_at", "max_uses", "uses", "created_by_id"),
            *(f"created_by__{column}" for column in PERSON_COLUMNS),
        )
    )
    return [
        {
            "invitationId": row[0],
            "token": _signer.sign(row[0]),
            "createdAt": row[1],
            "expiresAt": row[2],
            "maxUses": row[3],
            "uses": row[4],
            "createdBy": author(*row[5:]),
        }
        for row in rows
    ]
