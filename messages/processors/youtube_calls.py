"""The only way to YouTube: fixed hosts, bounded time, size and number of redirects."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

import httpx2
from django.conf import settings

from messages.processors.calls import Call, tls

HOME = "https://www.youtube.com"
SITE = frozenset({"www.youtube.com", "youtube.com", "m.youtube.com"})
IMAGES = frozenset({"i.ytimg.com"})
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Nothing packed: its real size would be known only after unpacking.
_AS_IT_IS = {"accept-encoding": "identity"}


class Refused(Exception):
    """An address that is not on the list, too many redirects, or more than we read."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to an address on one of the hosts."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    url: str
    status: int
    headers: httpx2.Headers
    body: bytes


def fetch(call: Call, ask: Ask, *, limit: int, hosts: frozenset[str] = SITE) -> Answer:
    """The answer, at most `limit` bytes; redirects are followed while they stay on `hosts`.

    Raises Refused (before anything is sent, where it is for the address), TimeoutError, Stopped,
    httpx2.HTTPError.
    """
    return call.wait(lambda: _fetch(ask, limit, hosts))


def require_listed(url: str, hosts: frozenset[str] = SITE) -> str:
    """The same address, over https and on one of these hosts; raises Refused."""
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError) as error:
        raise Refused from error
    listed = parts.scheme == "https" and parts.host in hosts
    if not listed or parts.port is not None or parts.userinfo:
        raise Refused
    return str(parts)


async def _fetch(ask: Ask, limit: int, hosts: frozenset[str]) -> Answer:
    async with httpx2.AsyncClient(verify=tls(), trust_env=False, timeout=None) as client:
        url = ask.url
        for _ in range(_MAX_REDIRECTS + 1):
            url = require_listed(url, hosts)
            headers = {**(ask.headers or {}), **_AS_IT_IS}
            async with client.stream(
                ask.method, _moved(url), headers=headers, content=ask.body
            ) as response:
                if response.status_code not in _REDIRECTS:
                    body = await _body(response, limit)
                    return Answer(url, response.status_code, response.headers, body)
                url = _next(url, response.headers.get("location", ""))
    raise Refused


def _moved(url: str) -> str:
    """The same address at YOUTUBE_BASE_URL, where tests have put that; else as it is."""
    if settings.YOUTUBE_BASE_URL == HOME:
        return url
    return settings.YOUTUBE_BASE_URL + httpx2.URL(url).raw_path.decode()


def _next(url: str, location: str) -> str:
    try:
        return str(httpx2.URL(url).join(location))
    except httpx2.InvalidURL as error:
        raise Refused from error


async def _body(response: httpx2.Response, limit: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Refused
    body = bytearray()
    async with aclosing(response.aiter_raw()) as raw:
        async for piece in raw:
            body += piece
            if len(body) > limit:
                raise Refused
    return bytes(body)
