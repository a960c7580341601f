"""API tokens for scripts: shown once, stored hashed."""

from typing import Any

from django.contrib.auth import authenticate
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from messages import tokens
from messages.access import actor_of
from messages.api import shapes
from messages.api.fields import body_of, text
from messages.api.schema import documented
from messages.api.views import ApiView
from messages.clock import ms_of
from messages.errors import Forbidden, Unauthenticated
from messages.writer import writer


class TokenView(ApiView):
    permission_classes = (AllowAny,)

    def perform_authentication(self, request: Request) -> None:
        """Only where it is asked for: a password needs no session, and no CSRF token either."""

    @documented(
        "createToken",
        request=shapes.SignIn,
        answers={201: shapes.Token},
        refusals=(400, 403, 429),
    )
    def post(self, request: Request) -> Response:
        """A new token, for a user name and password, or for your session without them."""
        user = _user(request)
        name = text(body_of(request), "name") if "name" in body_of(request) else ""
        token, shown = writer.call(tokens.create, user, name)
        return Response(
            {"token": shown, "user": actor_of(user).as_author(), **_as_dict(token)}, 201
        )

    @documented("revokeToken", answers={204: None}, refusals=(403,))
    def delete(self, request: Request) -> Response:
        """Revoke the token that this request is made with."""
        if request.auth is None:
            raise Unauthenticated
        writer.call(request.auth.delete)
        return Response(status=204)


class TokensView(ApiView):
    @documented("listTokens", answers={200: shapes.TokenList})
    def get(self, request: Request) -> Response:
        """Your tokens that are valid, the newest first; what they read is not kept."""
        return Response({"tokens": [_as_dict(token) for token in tokens.tokens_of(request.user)]})


class TokenDetailView(ApiView):
    @documented("revokeOneToken", answers={204: None}, refusals=(403, 404))
    def delete(self, request: Request, token_id: str) -> Response:
        """Revoke one of your tokens; whoever is connected with it is closed."""
        writer.call(tokens.revoke, request.user, token_id)
        return Response(status=204)


def _as_dict(token: tokens.Token) -> dict[str, Any]:
    return {
        "tokenId": token.id,
        "name": token.name,
        "createdAt": ms_of(token.created),
        "expiresAt": token.expires and ms_of(token.expires),
    }


def _user(request: Request) -> Any:
    body = body_of(request)
    user: Any
    if body.keys() & {"username", "password"}:
        user = authenticate(
            request, username=text(body, "username"), password=text(body, "password")
        )
    elif request.auth is not None:
        # Whoever finds a token must not be able to outlive its revocation.
        raise Forbidden
    else:
        user = request.user
    if user is None:
        raise Unauthenticated
    return user
