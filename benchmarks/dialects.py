"""How each system is spoken to: addresses, headers, what a message to publish looks like."""

import json
from dataclasses import dataclass, field

from benchmarks.frames import client_frame

# A line of the usual length, plain text; the number makes each message different.
CONTENT = "message {number:08d} of a conversation that nobody has, of the usual length of a line"

# What the raw server copies is as long as a real event, so that both move the same bytes.
RAW_EVENT = (
    '{{"op":"event","type":"user_message","chatId":"{chat}","epoch":"k3v9x2","seq":{number},'
    '"at":1709234567891,"actor":{{"id":7,"name":"bench-000007"}},"message":{{"messageId":'
    '"1709234567890-550e8400-e29b-41d4-a716-446655440000","chatId":"{chat}","type":"user",'
    '"content":"{content}","timestamp":1709234567890,"status":"completed","metadata":{{}},'
    '"seq":{number},"rev":1,"author":{{"id":7,"name":"bench-000007"}},"clientMessageId":'
    '"{number:032d}","replyTo":null,"html":"<p>{content}</p>","error":null,"editedAt":null,'
    '"removed":null}}}}'
)


@dataclass(frozen=True)
class Dialect:
    """`event` is how an event's frame begins; `acknowledges` whether each send is answered."""

    event: bytes
    acknowledges: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def path(self, chat: str) -> str:
        return f"/ws/chat/{chat}/"

    def publish(self, chat: str, number: int) -> bytes:
        raise NotImplementedError

    def content_of(self, event: bytes) -> str:
        raise NotImplementedError


class Raw(Dialect):
    def publish(self, chat: str, number: int) -> bytes:
        content = CONTENT.format(number=number)
        return client_frame(RAW_EVENT.format(chat=chat, number=number, content=content).encode())

    def content_of(self, event: bytes) -> str:
        return str(json.loads(event)["message"]["content"])


class Naive(Dialect):
    def publish(self, chat: str, number: int) -> bytes:
        return client_frame(b'{"message": "%s"}' % CONTENT.format(number=number).encode())

    def content_of(self, event: bytes) -> str:
        return str(json.loads(event)["message"])


class ChatRouting(Dialect):
    def path(self, chat: str) -> str:
        return f"/ws/chat/{chat}/?tail=0"

    def publish(self, chat: str, number: int) -> bytes:
        content = CONTENT.format(number=number)
        return client_frame(
            (
                f'{{"action":"send","id":{number},"chatId":"{chat}",'
                f'"clientMessageId":"{number:032d}","type":"user","content":"{content}"}}'
            ).encode()
        )

    def content_of(self, event: bytes) -> str:
        return str(json.loads(event)["message"]["content"])


RAW = Raw(event=b'{"op":"event"')
NAIVE = Naive(event=b'{"message"')
CHATROUTING = ChatRouting(
    event=b'{"op":"event"',
    acknowledges=True,
    headers={"Sec-WebSocket-Protocol": "chat.v1.json"},
)
