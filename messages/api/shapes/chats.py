"""Chats, who belongs to them, and how one gets in."""

from typing import Any

from messages.api.shapes.parts import (
    CHAT_ID,
    CURSOR,
    Person,
    Shape,
    choice,
    number,
    shape,
    text,
    yes_or_no,
)
from messages.api.shapes.talk import Message
from messages.models import (
    MAX_SLOW_MODE,
    MAX_TITLE,
    History,
    Role,
)

_PERMISSIONS = (
    *("read", "send", "sendSystem", "rename", "freeze", "setHistory"),
    *("manageMembers", "invite", "moderate"),
)
_Permissions = shape("Permissions", **{name: yes_or_no() for name in _PERMISSIONS})


def _chat(name: str, **more: Any) -> Shape:
    return shape(
        name,
        chatId=text(CHAT_ID),
        title=text(),
        frozen=yes_or_no(),
        slowModeSeconds=number(most=MAX_SLOW_MODE),
        history=choice(History.values),
        head=text(CURSOR),
        oldestSeq=number(1),
        role=choice(Role.values, allow_null=True),
        permissions=_Permissions(),
        mutedForMs=number(1, allow_null=True),
        createdAt=number(),
        **more,
    )


Chat = _chat("Chat")
_ChatLine = _chat("ChatLine", unread=number(), lastMessage=Message(allow_null=True))
ChatList = shape("ChatList", chats=_ChatLine(many=True))
NewChat = shape(
    "NewChat",
    title=text(most=MAX_TITLE),
    chatId=text(CHAT_ID, allow_null=True, required=False),
)
ChatChange = shape(
    "ChatChange",
    title=text(most=MAX_TITLE, required=False),
    frozen=yes_or_no(required=False),
    slowModeSeconds=number(most=MAX_SLOW_MODE, required=False),
    history=choice(History.values, required=False),
)
ReadPointer = shape("ReadPointer", seq=number())

Member = shape(
    "Member",
    user=Person(),
    role=choice(Role.values),
    readSeq=number(),
    joinedAt=number(),
    muted=yes_or_no(),
    mutedUntil=number(allow_null=True),
)
MemberList = shape("MemberList", members=Member(many=True))
NewMember = shape("NewMember", userId=number(1), role=choice(Role.values, required=False))
MemberChange = shape(
    "MemberChange",
    role=choice(Role.values, required=False),
    muted=yes_or_no(required=False),
    mutedUntil=number(allow_null=True, required=False),
)

Invitation = shape(
    "Invitation",
    invitationId=text(),
    token=text(),
    url=text(help_text="The page on which somebody signed in can join."),
    createdAt=number(),
    expiresAt=number(),
    maxUses=number(1, allow_null=True),
    uses=number(),
    createdBy=Person(allow_null=True),
)
InvitationList = shape("InvitationList", invitations=Invitation(many=True))
NewInvitation = shape(
    "NewInvitation",
    expiresAt=number(1, allow_null=True, required=False),
    maxUses=number(1, allow_null=True, required=False),
)
Door = shape(
    "Door",
    title=text(),
    chatId=text(CHAT_ID, allow_null=True, help_text="For who is a member already."),
)
