"""The wire of an OpenAI-compatible endpoint: what was asked, as an iterator of texts."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from httpx2 import EventSource
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Omit, Timeout
from openai.types.chat import ChatCompletionMessageParam

from messages.processors.calls import tls

Prompt = Sequence[dict[str, str]]
_END = "[DONE]"
# The client would read them from OPENAI_ORG_ID and OPENAI_PROJECT_ID, for any endpoint.
_NOT_SAID = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}


class Malformed(Exception):
    """The endpoint sent something that is not of its protocol."""


class CutShort(Exception):
    """The stream ended before the endpoint said that the answer does."""


class Declined(Exception):
    """The endpoint's own filter ended the answer."""


class Full(Exception):
    """The endpoint's own limit ended the answer, which is good as far as it goes."""


class BrokenOff(Exception):
    """The endpoint reported an error of its own in the middle of the stream."""


@dataclass(frozen=True, slots=True)
class Chunk:
    text: str
    is_last: bool
    is_full: bool = False


async def stream(prompt: Prompt) -> AsyncGenerator[str, None]:
    """The answer's texts as they come, none of them empty.

    Raises the above, openai.OpenAIError before the first text, and httpx2.HTTPError after it.
    """
    async with (
        _client() as client,
        client.chat.completions.with_streaming_response.create(
            model=settings.AI_MODEL,
            messages=cast("list[ChatCompletionMessageParam]", prompt),
            stream=True,
        ) as response,
    ):
        # openai's own reader of streams hides whether the end was said or the line went dead.
        async for event in EventSource(response.http_response):
            if event.data.strip() == _END:
                return
            chunk = chunk_of(event.data)
            if chunk.text:
                yield chunk.text
            if chunk.is_full:
                raise Full
            if chunk.is_last:
                return
    raise CutShort


def chunk_of(data: str) -> Chunk:
    """One event of the stream; raises Malformed, Declined, BrokenOff."""
    try:
        body = json.loads(data)
        if body.get("error"):
            raise BrokenOff
        choices = body["choices"]
        return _chunk_of(choices[0]) if choices else Chunk("", is_last=False)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed from error


def _chunk_of(choice: dict[str, Any]) -> Chunk:
    text = (choice.get("delta") or {}).get("content") or ""
    if not isinstance(text, str):
        raise Malformed
    end = choice.get("finish_reason")
    if end == "content_filter":
        raise Declined
    return Chunk(text, is_last=end is not None, is_full=end == "length")


def _client() -> AsyncOpenAI:
    """No tries of its own, no redirects, and nothing that the environment says to others."""
    seconds = settings.AI_CONNECT_SECONDS
    return AsyncOpenAI(
        base_url=settings.AI_BASE_URL,
        api_key=settings.AI_API_KEY or "none",  # Local servers want none, openai wants one.
        default_headers=cast("dict[str, str]", _NOT_SAID),
        max_retries=0,
        timeout=Timeout(None, connect=seconds),
        http_client=DefaultAsyncHttpxClient(verify=tls(), trust_env=False, follow_redirects=False),
    )
