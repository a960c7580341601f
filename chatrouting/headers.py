"""What every answer tells browsers, also those that Django's middleware never sees."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


def with_headers(send: Send, *, is_secure: bool) -> Send:
    """Adds to an answer what it does not say itself."""
    ours = _ours(is_secure=is_secure)

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            said = {bytes(name).lower() for name, _ in headers}
            missing = [header for header in ours if header[0] not in said]
            message = {**message, "headers": headers + missing}
        await send(message)

    return send_with_headers


def _ours(*, is_secure: bool) -> list[tuple[bytes, bytes]]:
    headers = {
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": settings.PERMISSIONS_POLICY,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
    }
    if is_secure and settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if not settings.DEBUG:
        # Django's pages about errors, which explain much while DEBUG, are styled inline.
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
