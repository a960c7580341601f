"""Who may come in at the HTTP door: at every address, members, the outsider, nobody and staff."""

from dataclasses import dataclass
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse

from messages.models import Chat, Event
from tests.doors.browsing import say
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

NOWHERE = "1709234567890-550e8400-e29b-41d4-a716-446655440000"
# The numbers of carl, who comes in by the POST, and dora, who never does.
# Far from what the database gives: tests before this one may have made a thousand people.
CARL, DORA = 2_000_000_001, 2_000_000_002

in_one_transaction = pytest.mark.django_db
with_the_writer = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Route:
    """One verb at one address of a chat, and what a member and staff get there."""

    method: str
    path: str
    bob: int
    mod: int
    body: object = b""

    def call(
        self, caller: Caller, chat_id: str, message_id: str = NOWHERE, body: object = None
    ) -> HttpResponse:
        path = f"chats/{chat_id}/" + self.path.replace("<message>", message_id)
        return caller.call(self.method, path, self.body if body is None else body)


ROUTES = [
    Route("GET", "", 200, 200),
    Route("HEAD", "", 200, 200),
    Route("PATCH", "", 403, 200, {"title": "Dinner"}),
    Route("GET", "members/", 403, 200),
    Route("POST", "members/", 403, 201, {"userId": CARL}),
    Route("PATCH", f"members/{DORA}/", 403, 404, {"role": "member"}),
    Route("DELETE", f"members/{DORA}/", 403, 404),
    Route("GET", "messages/", 200, 200),
    Route("POST", "messages/", 201, 403, draft()),
    Route("POST", "messages/lookup/", 200, 200, {"messageIds": [NOWHERE]}),
    Route("GET", "messages/<message>/", 200, 200),
    Route("PATCH", "messages/<message>/", 403, 403, {"rev": 1, "content": "changed"}),
    Route("DELETE", "messages/<message>/", 403, 200),
    Route("POST", "messages/<message>/retry/", 403, 409),
    Route("POST", "messages/<message>/cancel/", 403, 409),
    Route("GET", "messages/<message>/timeline/", 403, 200),
    Route("POST", "messages/<message>/feedback/", 409, 409, {"verdict": "up"}),
    Route("GET", "events/", 200, 200),
    Route("PUT", "read/", 200, 404, {"seq": 1}),
]


@pytest.fixture
def message_id(ann: User, chat: Chat) -> str:
    User.objects.create_user("carl", pk=CARL)
    User.objects.create_user("dora", pk=DORA)
    say(ann, chat, "hello")
    found: str = Caller(ann).get(chat_path(chat, "messages/")).json()["messages"][0]["messageId"]
    return found


def _same(one: HttpResponse, other: HttpResponse) -> bool:
    return (one.status_code, one.content, one.headers) == (
        other.status_code,
        other.content,
        other.headers,
    )


@in_one_transaction
def test_nobody_is_told_to_sign_in(chat: Chat) -> None:
    nobody = Caller()
    for route, chat_id in product(ROUTES, (chat.pk, "nowhere", "-")):
        response = route.call(nobody, chat_id)
        assert response.status_code == 401, route
        assert response["WWW-Authenticate"] == "Bearer"
        assert route.method == "HEAD" or error_of(response)["code"] == "unauthenticated"


@in_one_transaction
def test_the_outsider_finds_nothing_whatever_they_send(
    eve: User, chat: Chat, message_id: str
) -> None:
    before, caller = Event.objects.count(), Caller(eve)
    bodies = (None, b"", b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b"x" * 300_000)
    for route, body in product(ROUTES, bodies):
        there = route.call(caller, chat.pk, message_id, body)
        assert there.status_code == 404, route
        assert _same(there, route.call(caller, "nowhere", message_id, body)), route
        assert route.method == "HEAD" or error_of(there)["code"] == "notFound"
    assert Event.objects.count() == before


@in_one_transaction
def test_the_outsider_finds_nothing_by_any_verb(eve: User, chat: Chat) -> None:
    caller = Caller(eve)
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    paths = ("", "members/", "members/x/", "messages/", "messages/x/", "events/", "read/")
    for method, path in product(methods, paths):
        there = caller.call(method, chat_path(chat, path) + "?limit=0&after=x")
        assert there.status_code == 404
        assert _same(there, caller.call(method, f"chats/nowhere/{path}?limit=0&after=x"))


@with_the_writer
def test_a_member_gets_what_members_get(bob: User, chat: Chat, message_id: str) -> None:
    caller = Caller(bob)
    for route in ROUTES:
        response = route.call(caller, chat.pk, message_id)
        assert response.status_code == route.bob, route
        code = {403: "forbidden", 409: "badTransition"}.get(route.bob)
        assert code is None or error_of(response)["code"] == code, route


@with_the_writer
def test_staff_read_and_moderate_but_do_not_write(mod: User, chat: Chat, message_id: str) -> None:
    caller = Caller(mod)
    for route in ROUTES:
        response = route.call(caller, chat.pk, message_id)
        assert response.status_code == route.mod, route


@in_one_transaction
def test_a_page_of_somebody_else_is_signed_out(ann: User, bob: User, chat: Chat) -> None:
    caller = Caller(bob)
    assert (
        caller.call("GET", chat_path(chat), headers={"X-User-Id": str(bob.pk)}).status_code == 200
    )
    for route in ROUTES:
        caller.client.defaults["HTTP_X_USER_ID"] = str(ann.pk)
        assert route.call(caller, chat.pk).status_code == 401, route


@in_one_transaction
def test_an_inactive_member_is_nobody(bob: User, chat: Chat) -> None:
    caller = Caller(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for route in ROUTES:
        assert route.call(caller, chat.pk).status_code == 401, route


@with_the_writer
def test_who_has_been_removed_is_an_outsider(
    ann: User, bob: User, chat: Chat, message_id: str
) -> None:
    caller = Caller(bob)
    assert Caller(ann).delete(chat_path(chat, f"members/{bob.pk}/")).status_code == 204
    for route in ROUTES:
        there = route.call(caller, chat.pk, message_id)
        assert there.status_code == 404, route
        assert _same(there, route.call(caller, "nowhere", message_id)), route


MALFORMED = ("-a", "_", "a" * 65, "a b", "a%00", "a%0A", "%C3%A9", "%ED%A0%80", "%FF", "a.b", "%")


@in_one_transaction
def test_a_malformed_chat_id_is_called_so(ann: User) -> None:
    caller = Caller(ann)
    for route, chat_id in product(ROUTES, MALFORMED):
        response = route.call(caller, chat_id)
        assert response.status_code == 400, chat_id
        assert route.method == "HEAD" or error_of(response)["code"] == "badChatId"


@in_one_transaction
def test_a_malformed_message_id_is_called_so(ann: User, chat: Chat) -> None:
    caller = Caller(ann)
    malformed = ("x", NOWHERE[:-1], NOWHERE + "0", NOWHERE.upper(), "%00", "%FF", "1" * 5000)
    for method, message_id in product(("GET", "PATCH", "DELETE"), malformed):
        response = caller.call(method, chat_path(chat, f"messages/{message_id}/"))
        assert refused(response) == (400, "badMessageId"), message_id


@with_the_writer
def test_a_chat_of_ones_own_does_not_open_messages_of_another(
    eve: User, chat: Chat, message_id: str
) -> None:
    caller = Caller(eve)
    own = caller.post("chats/", {"title": "Mine"}).json()["chatId"]
    for method, body in (("GET", b""), ("PATCH", {"rev": 1, "content": "x"}), ("DELETE", b"")):
        there = caller.call(method, f"chats/{own}/messages/{message_id}/", body)
        assert refused(there) == (404, "notFound")
        assert _same(there, caller.call(method, f"chats/{own}/messages/{NOWHERE}/", body))
    lookup = caller.post(f"chats/{own}/messages/lookup/", {"messageIds": [message_id]})
    assert lookup.json()["results"] == {message_id: {"error": "notFound"}}
    reply = caller.post(f"chats/{own}/messages/", draft(replyTo=message_id))
    assert refused(reply) == (400, "badRequest")


@in_one_transaction
def test_only_ones_own_chats_are_listed_also_for_staff(eve: User, mod: User, chat: Chat) -> None:
    assert Caller(eve).get("chats/").json() == {"chats": []}
    assert Caller(mod).get("chats/").json() == {"chats": []}


@in_one_transaction
def test_an_unknown_address_answers_in_the_error_shape(ann: User) -> None:
    paths = ("", "no/", "chats", "chats//", "chats/a/b/", "chats/a%2Fb/", "%00", "a%0Ab/", "../")
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    for caller, method, path in product((Caller(), Caller(ann)), methods, paths):
        assert refused(caller.call(method, path, b"")) == (404, "notFound"), path
