"""Signing in by token, and what somebody tells staff."""

from messages.api.shapes.parts import HEX_16, Person, field, number, shape, text
from messages.models import MAX_PROBLEM, MAX_TOKEN_NAME

SignIn = shape(
    "SignIn",
    username=text(required=False),
    password=text(required=False),
    name=text(most=MAX_TOKEN_NAME, required=False, help_text="What the token is for."),
)
_TOKEN = {
    "tokenId": text(HEX_16),
    "name": text(),
    "createdAt": number(),
    "expiresAt": number(allow_null=True),
}
Token = shape("Token", token=text(help_text="Shown this once."), user=Person(), **_TOKEN)
TokenList = shape("TokenList", tokens=shape("TokenLine", **_TOKEN)(many=True))
Problem = shape(
    "Problem",
    words=text(most=MAX_PROBLEM),
    trace=shape(
        "Trace",
        version=field({"type": "integer", "enum": [1]}),
        startedAt=number(),
        entries=field({"type": "array", "maxItems": 500, "items": {"type": "object"}}),
    )(),
)
ProblemKept = shape("ProblemKept", problemId=number(1))
