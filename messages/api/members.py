"""The members of a chat."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from messages import membership, moderation
from messages.api import shapes
from messages.api.fields import body_of, boolean, integer, number
from messages.api.schema import documented
from messages.api.views import ChatView
from messages.clock import now_ms
from messages.errors import BadRequest
from messages.members import member_of, members_of
from messages.models import Role
from messages.ratelimit import changes
from messages.writer import writer


class MembersView(ChatView):
    @documented("listMembers", answers={200: shapes.MemberList}, refusals=(400, 403, 404))
    def get(self, request: Request, chat_id: str) -> Response:
        """Everybody in the chat, in the order in which they came; for owners and staff."""
        self.access.require_manage()
        return Response({"members": members_of(chat_id)})

    @documented(
        "addMember",
        request=shapes.NewMember,
        answers={201: shapes.Member, 200: shapes.Member},
        refusals=(400, 403, 404, 409),
        limit=changes,
    )
    def post(self, request: Request, chat_id: str) -> Response:
        """Let somebody in. Who is in already stays as they are, and is answered with 200; who is
        banned is a `conflict`."""
        body = body_of(request)
        user_id = integer(body, "userId", least=1)
        role = membership.require_role(body.get("role", Role.MEMBER))
        is_new = writer.call(membership.add_member, self.access.actor, chat_id, user_id, role=role)
        return Response(member_of(chat_id, user_id), 201 if is_new else 200)


class MemberView(ChatView):
    @documented(
        "changeMember",
        request=shapes.MemberChange,
        answers={200: shapes.Member},
        refusals=(400, 403, 404, 409),
        limit=changes,
    )
    def patch(self, request: Request, chat_id: str, user_id: str) -> Response:
        """Another role, muted or not. A chat keeps at least one owner."""
        change = _change(body_of(request))
        writer.call(
            moderation.change_member, self.access.actor, chat_id, _number(user_id), **change
        )
        return Response(member_of(chat_id, _number(user_id)))

    @documented("removeMember", answers={204: None}, refusals=(400, 403, 404, 409), limit=changes)
    def delete(self, request: Request, chat_id: str, user_id: str) -> Response:
        """Take somebody out, or leave."""
        writer.call(membership.remove_member, self.access.actor, chat_id, _number(user_id))
        return Response(status=204)


def _change(body: dict[str, Any]) -> dict[str, Any]:
    """What to change of a member. `mutedUntil` null is no time: beside `muted` it means until it
    is lifted, and by itself nothing, neither a mute nor its end."""
    change: dict[str, Any] = {}
    if "role" in body:
        change["role"] = membership.require_role(body["role"])
    until = None
    if body.get("mutedUntil") is not None:
        until = integer(body, "mutedUntil", least=now_ms())
    muted = boolean(body, "muted") if "muted" in body else until is not None
    if until is not None and not muted:
        raise BadRequest("Who is not muted has no time to wait for.", field="mutedUntil")
    if "muted" in body or muted:
        change |= {"muted": muted, "until": until}
    if not change:
        raise BadRequest("There is nothing to change.")
    return change


def _number(user_id: str) -> int:
    return number(user_id, "userId", least=1)
