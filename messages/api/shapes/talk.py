"""Messages, how they are sent and found, and the events of the log."""

from messages.api.shapes.parts import (
    CHAT_ID,
    CLIENT_MESSAGE_ID,
    CURSOR,
    MESSAGE_ID,
    MESSAGE_IDS,
    Person,
    any_object,
    choice,
    field,
    number,
    shape,
    text,
    yes_or_no,
)
from messages.models import (
    MAX_CONTENT,
    EventType,
    MessageType,
    RemovedBy,
    Status,
    Verdict,
)

Message = shape(
    "Message",
    messageId=text(MESSAGE_ID),
    chatId=text(CHAT_ID),
    type=choice(MessageType.values),
    content=text(),
    timestamp=number(),
    status=choice(Status.values),
    metadata=shape(
        "Metadata",
        source=choice(["youtube", "ai"], required=False),
        url=text(required=False),
        processingTime=number(required=False),
        videoId=text(required=False),
        title=text(required=False),
        authorName=text(required=False),
        thumbnailUrl=text(required=False),
        model=text(required=False),
        truncated=yes_or_no(required=False),
    )(),
    seq=number(1),
    rev=number(1),
    author=Person(allow_null=True),
    clientMessageId=text(CLIENT_MESSAGE_ID, allow_null=True),
    replyTo=text(MESSAGE_ID, allow_null=True),
    html=text(),
    error=shape("MessageError", code=text(), detail=text(), retryable=yes_or_no())(allow_null=True),
    editedAt=number(allow_null=True),
    removed=choice(RemovedBy.values, allow_null=True),
)

MessagePage = shape(
    "MessagePage",
    messages=Message(many=True),
    head=text(CURSOR),
    oldestSeq=number(1),
    moreBefore=yes_or_no(),
    moreAfter=yes_or_no(),
)
SearchResult = shape("SearchResult", messages=Message(many=True), before=number(1, allow_null=True))
Draft = shape(
    "Draft",
    clientMessageId=text(CLIENT_MESSAGE_ID),
    type=choice(MessageType.values),
    content=text(most=MAX_CONTENT, required=False),
    metadata=shape("DraftMetadata", url=text(required=False))(required=False),
    replyTo=text(MESSAGE_ID, allow_null=True, required=False),
)
Sent = shape(
    "Sent",
    message=Message(),
    placeholder=Message(required=False),
    duplicate=yes_or_no(),
    budget=shape("Budget", remaining=number(), resetMs=number())(allow_null=True),
)
Edit = shape("Edit", rev=number(1), content=text(most=MAX_CONTENT))

_MISSING = {
    "type": "object",
    "properties": {"error": {"type": "string", "enum": ["notFound"]}},
    "required": ["error"],
}
_RESULTS = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"$ref": "#/components/schemas/Message"}, _MISSING]},
}
Lookup = shape("Lookup", messageIds=field(MESSAGE_IDS))
LookupResults = shape("LookupResults", results=field(_RESULTS))

_Event = shape(
    "Event",
    type=choice(EventType.values),
    chatId=text(CHAT_ID),
    epoch=text(),
    seq=number(1),
    at=number(),
    actor=Person(allow_null=True),
    message=Message(required=False),
    data=any_object(required=False),
)
Timeline = shape(
    "Timeline",
    events=shape(
        "Step",
        seq=number(1),
        at=number(),
        type=choice(EventType.values),
        actor=Person(allow_null=True),
        data=any_object(allow_null=True),
    )(many=True),
)
Feedback = shape("Feedback", verdict=choice(Verdict.values, allow_null=True))
EventPage = shape("EventPage", events=_Event(many=True), head=text(CURSOR), more=yes_or_no())
