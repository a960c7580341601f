"""Rights of a moderator that go with a group, however they go: who reads along stops at once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User

from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect, listening
from tests.doors.sockets import commit

pytestmark = pytest.mark.django_db(transaction=True)


def _moderate() -> Permission:
    return Permission.objects.get(codename="moderate_chat")


@pytest.fixture
def readers(eve: User) -> Iterator[Group]:
    """A group of eve's, which may moderate. The tables of groups are not emptied after a test."""
    group = Group.objects.create(name="readers")
    group.permissions.add(_moderate())
    eve.is_staff = True
    eve.save()
    eve.groups.add(group)
    yield group
    Group.objects.filter(name="readers").delete()


LOSSES: dict[str, Callable[[Group, User], Any]] = {
    "the group": lambda readers, _: readers.delete(),
    "some groups": lambda *_: Group.objects.filter(name="readers").delete(),
    "its people": lambda readers, _: readers.user_set.clear(),
    "one of them": lambda readers, eve: readers.user_set.remove(eve),
    "its permissions": lambda readers, _: readers.permissions.clear(),
    "a permission": lambda readers, _: readers.permissions.remove(_moderate()),
    "from the permission": lambda readers, _: _moderate().group_set.remove(readers),
}


@pytest.mark.parametrize("lost", LOSSES)
async def test_rights_that_go_with_a_group_go_at_once(
    lost: str, connect: Connect, ann: User, eve: User, chat: Chat, readers: Group
) -> None:
    """No tick helps: tests have none."""
    eves = await listening(connect, eve, chat)
    await commit(LOSSES[lost], readers, eve)
    assert (await eves.next("notice"))["type"] == "subscriptionRevoked"
    await commit(say, ann, chat, "after")
    assert not [frame for frame in await eves.everything() if frame["op"] == "event"]
