"""Invitations: links into a chat, for those who manage it, and what such a link opens."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from messages import invitations, ratelimit
from messages.access import access_to
from messages.api import shapes
from messages.api.chats import chat_as_dict
from messages.api.fields import body_of, integer
from messages.api.schema import documented
from messages.api.views import ApiView, ChatView
from messages.writer import writer


def _as_dict(request: Request, invitation: dict[str, Any]) -> dict[str, Any]:
    page = reverse("invitation", kwargs={"token": invitation["token"]})
    return invitation | {"url": request.build_absolute_uri(page)}


class InvitationsView(ChatView):
    @documented("listInvitations", answers={200: shapes.InvitationList}, refusals=(400, 403, 404))
    def get(self, request: Request, chat_id: str) -> Response:
        """The links that still let somebody in, the newest first; for owners and staff."""
        found = invitations.open_ones(self.access)
        return Response({"invitations": [_as_dict(request, one) for one in found]})

    @documented(
        "createInvitation",
        request=shapes.NewInvitation,
        answers={201: shapes.Invitation},
        refusals=(400, 403, 404, 409),
        limit=ratelimit.invitations,
    )
    def post(self, request: Request, chat_id: str) -> Response:
        """A new link into the chat, for seven days unless `expiresAt` says otherwise."""
        body = body_of(request)
        limits = {
            name: integer(body, field, least=1)
            for name, field in (("expires_at", "expiresAt"), ("max_uses", "maxUses"))
            if body.get(field) is not None
        }
        made = writer.call(invitations.create, self.access.actor, chat_id, **limits)
        return Response(_as_dict(request, made), 201)


class InvitationView(ChatView):
    @documented(
        "revokeInvitation", answers={204: None}, refusals=(400, 403, 404), limit=ratelimit.changes
    )
    def delete(self, request: Request, chat_id: str, invitation_id: str) -> Response:
        """From now on the link lets nobody in."""
        writer.call(invitations.revoke, self.access.actor, chat_id, invitation_id)
        return Response(status=204)


class DoorView(ApiView):
    @documented(
        "lookAtInvitation", answers={200: shapes.Door}, refusals=(404,), limit=ratelimit.invitations
    )
    def get(self, request: Request, token: str) -> Response:
        """Where a link leads. A wrong, expired, revoked or used one is a `notFound` like any."""
        door = invitations.look(self.actor, token)
        return Response({"title": door.title, "chatId": door.chat_id if door.is_member else None})

    @documented(
        "acceptInvitation",
        answers={201: shapes.Chat, 200: shapes.Chat},
        refusals=(403, 404),
        limit=ratelimit.changes,
    )
    def post(self, request: Request, token: str) -> Response:
        """Come in; 200 where you are in already."""
        chat_id, is_new = writer.call(invitations.accept, self.actor, token)
        return Response(chat_as_dict(access_to(self.actor, chat_id)), 201 if is_new else 200)
