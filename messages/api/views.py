"""What all views of the API share: how a request is read, and who may come in."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from messages.access import Access, Actor, access_to, actor_of, standings_of
from messages.api.errors import headers_of_budget
from messages.api.renderers import FirstRenderer
from messages.api.schema import ApiSchema
from messages.errors import BadMessageId, NotFound
from messages.identity import require_chat_id
from messages.message_id_generator import is_message_id
from messages.ratelimit import Limit


class ApiView(APIView):
    """A view for somebody signed in."""

    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    content_negotiation_class = FirstRenderer
    schema = ApiSchema()

    @property
    def default_response_headers(self) -> dict[str, str]:
        return super().default_response_headers | {"Cache-Control": "no-store"}

    @property
    def actor(self) -> Actor:
        return actor_of(self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Whatever charset a client names: addresses and JSON are UTF-8.
        request.encoding = "utf-8"
        if "Transfer-Encoding" in request.headers:
            # A body in chunks has no length, which DRF takes for no body.
            request.META.setdefault("CONTENT_LENGTH", "-1")
        super().initial(request, *args, **kwargs)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Of what is limited, how much is left; a refusal says so by itself."""
        handler = getattr(self, (request.method or "").lower(), None)
        limit: Limit | None = getattr(handler, "limit", None)
        if limit is not None and response.status_code < 400:
            self.headers |= headers_of_budget(limit.look(self.request.user.pk))
        return super().finalize_response(request, response, *args, **kwargs)


class ChatView(ApiView):
    """A view of one chat. Not yours and not there are told apart by nothing, whatever is asked."""

    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.access = access_to(self.actor, require_chat_id(kwargs["chat_id"]))

    def require_still(self) -> None:
        """After a read: sees every removal that had committed before it. Raises NotFound.

        Whoever has come back in between may see other parts of the chat than was read.
        """
        before, pair = self.access.standing, (self.access.chat_id, self.access.actor.id)
        if before is None:
            return
        now = standings_of([pair]).get(pair)
        if now is None or now.first_seq != before.first_seq:
            raise NotFound


class MessageView(ChatView):
    """A view of one message of a chat; the verbs say whether it is there."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not is_message_id(kwargs["message_id"]):
            raise BadMessageId


class UnknownAddress(ApiView):
    """Everything under /api/ that is nothing."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
