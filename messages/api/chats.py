"""Chats: one's own, a new one, and one by its chatId."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from messages import chats, history, moderation, ratelimit
from messages.access import Access, access_to
from messages.api import shapes
from messages.api.fields import body_of, boolean, integer, text
from messages.api.schema import documented
from messages.api.views import ApiView, ChatView
from messages.errors import BadRequest
from messages.models import MAX_SLOW_MODE
from messages.writer import writer


def chat_as_dict(access: Access) -> dict[str, Any]:
    return {
        "chatId": access.chat_id,
        "title": access.title,
        "frozen": access.frozen,
        "slowModeSeconds": access.slow_mode_seconds,
        "history": access.history,
        "head": str(access.head),
        "oldestSeq": access.oldest_seq,
        "role": access.standing and access.standing.role,
        "permissions": access.permissions,
        "mutedForMs": access.muted_for_ms,
        "createdAt": access.created_at,
    }


class ChatsView(ApiView):
    @documented("listChats", answers={200: shapes.ChatList})
    def get(self, request: Request) -> Response:
        """Your own chats, the most recently active first."""
        lines = history.chats_of(self.actor)
        return Response(
            {
                "chats": [
                    chat_as_dict(line.access)
                    | {"unread": line.unread, "lastMessage": line.last_message}
                    for line in lines
                ]
            }
        )

    @documented(
        "createChat",
        request=shapes.NewChat,
        answers={201: shapes.Chat},
        refusals=(400, 403, 409),
        limit=ratelimit.chats,
    )
    def post(self, request: Request) -> Response:
        """A new chat, of which you are the owner. A chatId that is taken is an `idConflict`."""
        body = body_of(request)
        chat_id = writer.call(
            chats.create_chat, self.actor, body.get("title"), chat_id=body.get("chatId")
        )
        return Response(chat_as_dict(access_to(self.actor, chat_id)), 201)


class ChatDetailView(ChatView):
    @documented("getChat", answers={200: shapes.Chat}, refusals=(400, 404))
    def get(self, request: Request, chat_id: str) -> Response:
        """One chat, and what you may do in it."""
        return Response(chat_as_dict(self.access))

    @documented(
        "changeChat",
        request=shapes.ChatChange,
        answers={200: shapes.Chat},
        refusals=(400, 403, 404),
        limit=ratelimit.changes,
    )
    def patch(self, request: Request, chat_id: str) -> Response:
        """Rename, freeze, thaw or slow it down, limit what newcomers see; for owners and staff."""
        body = body_of(request)
        change: dict[str, Any] = {}
        if "title" in body:
            change["title"] = text(body, "title")
        if "frozen" in body:
            change["frozen"] = boolean(body, "frozen")
        if "slowModeSeconds" in body:
            change["slow_mode_seconds"] = integer(body, "slowModeSeconds", most=MAX_SLOW_MODE)
        if "history" in body:
            change["history"] = text(body, "history")
        if not change:
            raise BadRequest("There is nothing to change.")
        writer.call(moderation.change_chat, self.access.actor, chat_id, **change)
        return Response(chat_as_dict(access_to(self.access.actor, chat_id)))


class ReadView(ChatView):
    @documented(
        "markRead",
        request=shapes.ReadPointer,
        answers={200: shapes.ReadPointer},
        refusals=(400, 403, 404),
    )
    def put(self, request: Request, chat_id: str) -> Response:
        """How far you have read. The answer is the stored pointer, which never moves back."""
        seq = integer(body_of(request), "seq")
        return Response({"seq": writer.call(chats.mark_read, self.access.actor, chat_id, seq)})
