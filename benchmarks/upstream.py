"""`python -m benchmarks.upstream WORDS SECONDS`: an AI that says that many words, so far apart.

OpenAI-compatible as far as we ask it; in a process of its own, so that it disturbs no clock.
"""

import asyncio
import os
import sys

import orjson

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)


def event(text: str, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return chunk(b"data: %s\n\n" % orjson.dumps({"choices": [choice]}))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def main(words: int, pause: float) -> None:
    word, last = event("word "), event("", "stop") + chunk(b"data: [DONE]\n\n") + chunk(b"")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await reader.read(65_536):
            return  # somebody looked whether we listen
        writer.write(HEAD)
        for _ in range(words):
            writer.write(word)
            await asyncio.sleep(pause)
        writer.write(last)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, os.environ["HOST"], int(os.environ["PORT"]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
