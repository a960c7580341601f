"""The shapes of requests and answers, for the OpenAPI document alone: nothing is read or written
through them. A test holds the real answers against the document."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messages.errors import Code
from messages.history import MAX_LOOKUP
from messages.identity import MAX_SEQ
from messages.models import (
    MAX_CONTENT,
    MAX_SLOW_MODE,
    MAX_TITLE,
    MAX_TOKEN_NAME,
    EventType,
    MessageType,
    RemovedBy,
    Role,
    Status,
    Verdict,
)

Shape = type[serializers.Serializer[Any]]

CHAT_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
CLIENT_MESSAGE_ID = r"^[A-Za-z0-9_-]{1,64}$"
CURSOR = r"^[a-z0-9]{1,16}:(0|[1-9][0-9]{0,18})$"
MESSAGE_ID = r"^[0-9]{13}-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
HEX_16 = r"^[0-9a-f]{16}$"


def shape(name: str, /, **fields: Any) -> Shape:
    """A serializer class; its fields have the names they have on the wire."""
    return type(name, (serializers.Serializer,), fields)


def _field(schema: dict[str, Any], **options: Any) -> Any:
    return extend_schema_field(schema)(type("Field", (serializers.Field,), {}))(**options)


def _text(pattern: str | None = None, *, most: int | None = None, **options: Any) -> Any:
    limits = {"pattern": pattern, "maxLength": most}
    return _field({"type": "string"} | {k: v for k, v in limits.items() if v}, **options)


def _number(least: int = 0, *, most: int = MAX_SEQ, **options: Any) -> Any:
    schema = {"type": "integer", "format": "int64", "minimum": least, "maximum": most}
    return _field(schema, **options)


def _choice(values: Iterable[str], **options: Any) -> Any:
    null = [None] if options.get("allow_null") else []
    return _field({"type": "string", "enum": [*values, *null]}, **options)


def _yes_or_no(**options: Any) -> Any:
    return _field({"type": "boolean"}, **options)


def _any_object(**options: Any) -> Any:
    return _field({"type": "object", "additionalProperties": True}, **options)


Error = shape(
    "Error",
    error=shape(
        "ErrorBody",
        code=_choice(code.value for code in Code),
        message=_text(help_text="For people."),
        retryable=_yes_or_no(),
        details=_any_object(),
        retryAfterMs=_number(required=False),
    )(),
)

_Person = shape("Person", id=_number(1), name=_text())

Message = shape(
    "Message",
    messageId=_text(MESSAGE_ID),
    chatId=_text(CHAT_ID),
    type=_choice(MessageType.values),
    content=_text(),
    timestamp=_number(),
    status=_choice(Status.values),
    metadata=shape(
        "Metadata",
        source=_choice(["youtube", "ai"], required=False),
        url=_text(required=False),
        processingTime=_number(required=False),
        videoId=_text(required=False),
        title=_text(required=False),
        authorName=_text(required=False),
        thumbnailUrl=_text(required=False),
        model=_text(required=False),
        truncated=_yes_or_no(required=False),
    )(),
    seq=_number(1),
    rev=_number(1),
    author=_Person(allow_null=True),
    clientMessageId=_text(CLIENT_MESSAGE_ID, allow_null=True),
    replyTo=_text(MESSAGE_ID, allow_null=True),
    html=_text(),
    error=shape("MessageError", code=_text(), detail=_text(), retryable=_yes_or_no())(
        allow_null=True
    ),
    editedAt=_number(allow_null=True),
    removed=_choice(RemovedBy.values, allow_null=True),
)

_PERMISSIONS = ("read", "send", "sendSystem", "rename", "freeze", "manageMembers", "moderate")
_Permissions = shape("Permissions", **{name: _yes_or_no() for name in _PERMISSIONS})


def _chat(name: str, **more: Any) -> Shape:
    return shape(
        name,
        chatId=_text(CHAT_ID),
        title=_text(),
        frozen=_yes_or_no(),
        slowModeSeconds=_number(most=MAX_SLOW_MODE),
        head=_text(CURSOR),
        oldestSeq=_number(1),
        role=_choice(Role.values, allow_null=True),
        permissions=_Permissions(),
        createdAt=_number(),
        **more,
    )


Chat = _chat("Chat")
_ChatLine = _chat("ChatLine", unread=_number(), lastMessage=Message(allow_null=True))
ChatList = shape("ChatList", chats=_ChatLine(many=True))
NewChat = shape(
    "NewChat",
    title=_text(most=MAX_TITLE),
    chatId=_text(CHAT_ID, allow_null=True, required=False),
)
ChatChange = shape(
    "ChatChange",
    title=_text(most=MAX_TITLE, required=False),
    frozen=_yes_or_no(required=False),
    slowModeSeconds=_number(most=MAX_SLOW_MODE, required=False),
)
ReadPointer = shape("ReadPointer", seq=_number())

Member = shape(
    "Member",
    user=_Person(),
    role=_choice(Role.values),
    readSeq=_number(),
    joinedAt=_number(),
    muted=_yes_or_no(),
    mutedUntil=_number(allow_null=True),
)
MemberList = shape("MemberList", members=Member(many=True))
NewMember = shape("NewMember", userId=_number(1), role=_choice(Role.values, required=False))
MemberChange = shape("MemberChange", role=_choice(Role.values))

MessagePage = shape(
    "MessagePage",
    messages=Message(many=True),
    head=_text(CURSOR),
    oldestSeq=_number(1),
    moreBefore=_yes_or_no(),
    moreAfter=_yes_or_no(),
)
Draft = shape(
    "Draft",
    clientMessageId=_text(CLIENT_MESSAGE_ID),
    type=_choice(MessageType.values),
    content=_text(most=MAX_CONTENT, required=False),
    metadata=shape("DraftMetadata", url=_text(required=False))(required=False),
    replyTo=_text(MESSAGE_ID, allow_null=True, required=False),
)
Sent = shape(
    "Sent",
    message=Message(),
    placeholder=Message(required=False),
    duplicate=_yes_or_no(),
    budget=shape("Budget", remaining=_number(), resetMs=_number())(allow_null=True),
)
Edit = shape("Edit", rev=_number(1), content=_text(most=MAX_CONTENT))

_MESSAGE_IDS = {
    "type": "array",
    "items": {"type": "string", "pattern": MESSAGE_ID},
    "minItems": 1,
    "maxItems": MAX_LOOKUP,
}
_MISSING = {
    "type": "object",
    "properties": {"error": {"type": "string", "enum": ["notFound"]}},
    "required": ["error"],
}
_RESULTS = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"$ref": "#/components/schemas/Message"}, _MISSING]},
}
Lookup = shape("Lookup", messageIds=_field(_MESSAGE_IDS))
LookupResults = shape("LookupResults", results=_field(_RESULTS))

_Event = shape(
    "Event",
    type=_choice(EventType.values),
    chatId=_text(CHAT_ID),
    epoch=_text(),
    seq=_number(1),
    at=_number(),
    actor=_Person(allow_null=True),
    message=Message(required=False),
    data=_any_object(required=False),
)
Timeline = shape(
    "Timeline",
    events=shape(
        "Step",
        seq=_number(1),
        at=_number(),
        type=_choice(EventType.values),
        actor=_Person(allow_null=True),
        data=_any_object(allow_null=True),
    )(many=True),
)
Feedback = shape("Feedback", verdict=_choice(Verdict.values, allow_null=True))
EventPage = shape("EventPage", events=_Event(many=True), head=_text(CURSOR), more=_yes_or_no())

SignIn = shape(
    "SignIn",
    username=_text(required=False),
    password=_text(required=False),
    name=_text(most=MAX_TOKEN_NAME, required=False, help_text="What the token is for."),
)
_TOKEN = {
    "tokenId": _text(HEX_16),
    "name": _text(),
    "createdAt": _number(),
    "expiresAt": _number(allow_null=True),
}
Token = shape("Token", token=_text(help_text="Shown this once."), user=_Person(), **_TOKEN)
TokenList = shape("TokenList", tokens=shape("TokenLine", **_TOKEN)(many=True))
