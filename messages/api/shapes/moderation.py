"""Reports, cases and decisions."""

from copy import copy
from typing import Any

from messages.api.shapes.parts import (
    CHAT_ID,
    MESSAGE_ID,
    MESSAGE_IDS,
    Person,
    choice,
    field,
    number,
    shape,
    text,
    yes_or_no,
)
from messages.api.shapes.talk import Message
from messages.models import MAX_REASON, MessageType, Verb


def _why(**options: Any) -> Any:
    return text(most=MAX_REASON, **options)


_MAYBE_WHY = {"allow_null": True, "required": False}
NewReport = shape("NewReport", reason=_why())
Reason = shape("Reason", reason=_why(**_MAYBE_WHY))
_told: dict[str, Any] = {
    "id": number(1),
    "verb": choice(Verb.values),
    "at": number(),
    "reason": text(),
    "messageId": text(MESSAGE_ID, allow_null=True),
    "until": number(allow_null=True),
    "undone": yes_or_no(),
}
ToldList = shape("ToldList", decisions=shape("Told", **_told)(many=True))
Decision = shape(
    "Decision",
    **{name: copy(field) for name, field in _told.items()},
    chatId=text(CHAT_ID),
    undoes=number(1, allow_null=True),
    by=Person(allow_null=True),
    user=Person(allow_null=True),
)
DecisionList = shape("DecisionList", decisions=Decision(many=True))
NewDecision = shape(
    "NewDecision",
    verb=choice(
        ["dismiss", "remove", "warn", "mute", "unmute", "ban", "unban", "freeze", "unfreeze"]
    ),
    reason=_why(**_MAYBE_WHY),
    minutes=number(1, allow_null=True, required=False),
    messageIds=field(MESSAGE_IDS, required=False),
    chatId=text(CHAT_ID, required=False),
    userId=number(1, allow_null=True, required=False),
)
_REFUSED = {"type": "object", "additionalProperties": {"type": "string"}}
Decided = shape("Decided", decisions=Decision(many=True), refused=field(_REFUSED))

_case: dict[str, Any] = {
    "position": number(1),
    "open": yes_or_no(),
    "message": Message(),
    "chatTitle": text(),
    "reports": shape(
        "Report",
        id=number(1),
        at=number(),
        reason=text(),
        decisionId=number(1, allow_null=True),
        reporter=Person(allow_null=True),
    )(many=True),
    "decisions": Decision(many=True),
}
CaseList = shape("CaseList", cases=shape("Case", **_case)(many=True), more=yes_or_no())
WholeCase = shape(
    "WholeCase",
    **{name: copy(field) for name, field in _case.items()},
    before=Message(many=True),
    after=Message(many=True),
    record=shape(
        "PersonRecord", reports=number(), openReports=number(), decisions=Decision(many=True)
    )(),
)

_Held = shape(
    "Held",
    id=number(1),
    chatId=text(CHAT_ID),
    chatTitle=text(),
    type=choice(MessageType.values),
    content=text(),
    url=text(allow_null=True),
    why=choice(["word", "link"]),
    at=number(),
    author=Person(),
)
HeldList = shape("HeldList", held=_Held(many=True))
HeldDecision = shape("HeldDecision", verb=choice(["release", "reject"]), reason=_why(**_MAYBE_WHY))
Released = shape("Released", message=Message(allow_null=True))
_WORDS = {"type": "array", "items": {"type": "string", "maxLength": 64}}
Filter = shape("Filter", words=field(_WORDS), links=yes_or_no())
