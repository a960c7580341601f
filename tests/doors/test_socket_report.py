"""Reporting over a socket, and what staff remove by it."""

import pytest
from django.contrib.auth.models import User

from messages.access import actor_of
from messages.decisions import told_to
from messages.erasure import erase
from messages.models import Chat, Decision, Report, Verb
from messages.moderation import decide
from tests.doors.conftest import Connect, Listen, listening
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)


async def sent(socket: Socket, chat: Chat) -> str:
    fields = {"type": "user", "clientMessageId": "key", "content": "Hello"}
    message_id: str = (await socket.do("send", chatId=chat.pk, **fields))["message"]["messageId"]
    return message_id


async def test_a_member_reports_once_and_nobody_hears_of_it(
    anns: Socket, bobs: Socket, connect: Connect, eve: User, chat: Chat
) -> None:
    message_id = await sent(bobs, chat)
    eves = await connect(eve)
    for reason in ("Rude", "Again"):
        assert await anns.do("report", messageId=message_id, reason=reason) == {}
    refusals = [
        await eves.ask("report", messageId=message_id, reason="Mine"),
        await bobs.ask("report", messageId=message_id, reason="Mine"),
        await anns.ask("report", messageId=message_id),
    ]
    codes = [refusal["error"]["code"] for refusal in refusals]
    assert codes == ["notFound", "forbidden", "badRequest"]
    assert await commit(lambda: list(Report.objects.values_list("reason", flat=True))) == ["Rude"]
    await anns.do("ping")
    await bobs.do("ping")
    for socket in (anns, bobs, eves):
        assert not [f for f in socket.heard if "Rude" in str(f)]


async def test_what_a_moderator_removes_is_on_record(
    anns: Socket, bobs: Socket, connect: Connect, mod: User, chat: Chat
) -> None:
    message_id = await sent(bobs, chat)
    mods = await listening(connect, mod, chat)
    await mods.do("remove", messageId=message_id)
    event = await bobs.until(lambda f: f.get("type") == "message_removed")
    assert (event["data"], event["message"]["removed"]) == ({"by": "staff"}, "staff")
    found = await commit(lambda: list(Decision.objects.values_list("verb", "message_id")))
    assert found == [("remove", message_id)]


async def test_what_is_decided_about_somebody_is_told_to_them_at_once_and_to_nobody_else(
    anns: Socket, bobs: Socket, connect: Connect, listen: Listen, bob: User, mod: User, chat: Chat
) -> None:
    message_id = await sent(bobs, chat)
    phone, stream, mods = await connect(bob), await listen(bob, chat), await connect(mod)
    await mods.do("subscribe", chatId=chat.pk)
    about = {"message_id": message_id, "reason": "Be kind"}
    await commit(lambda: decide(actor_of(mod), Verb.WARN, **about))
    for one in (bobs, stream):
        frame = await one.next("ephemeral", "decision")
        assert frame["chatId"] == chat.pk
        told = frame["decision"]
        assert (told["verb"], told["messageId"], told["reason"]) == ("warn", message_id, "Be kind")
        assert "mod" not in str(told)
    for other in (anns, mods, phone):  # the phone does not listen to the chat
        await other.everything()
        assert "Be kind" not in str(other.heard)
    answer = await commit(lambda: told_to(bob.pk, chat.pk))
    assert answer == [told]


async def test_who_is_erased_is_not_named_from_memory(
    anns: Socket, bobs: Socket, connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    """A room keeps its last events; those who come back are told what the log has now."""
    await sent(bobs, chat)
    since = f"{chat.epoch}:2"
    before = await anns.do("subscribe", chatId=chat.pk, since=since)
    assert before["events"][0]["actor"]["name"] == "bob"
    await commit(lambda: list(erase(bob.pk)))
    await anns.until(lambda f: f.get("data") == {"by": "erasure"})
    after = await anns.do("subscribe", chatId=chat.pk, since=since)
    assert [event["type"] for event in after["events"]] == [
        "user_message",
        "member_left",
        "message_removed",
    ]
    assert "bob" not in str(after["events"])
