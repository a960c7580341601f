"""Who may do what: each door and what everybody finds there. `test_permissions` holds them to it,
and fails for a door that has no row.

The chat is ann's; so are its messages. Everybody knows its id and theirs, and has a link into it.
What is answered is a status over HTTP; on a socket `ok`, an error's code, or a close code.
"""

from collections.abc import Mapping

ROLES = (
    "anonymous",
    "outsider",
    "former",
    "muted",
    "banned",
    "member",
    "owner",
    "moderator",
    "superuser",
)

REST = """
                                             anon. outs. form. muted ban.  memb. owner mod.  super.
GET    chats/                                401   200   200   200   200   200   200   200   200
POST   chats/                                401   201   201   201   201   201   201   201   201
GET    chats/{chatId}/                       401   404   404   200   404   200   200   200   200
PATCH  chats/{chatId}/                       401   404   404   403   404   403   200   200   200
GET    chats/{chatId}/members/               401   404   404   403   404   403   200   200   200
POST   chats/{chatId}/members/               401   404   404   403   404   403   201   201   201
PATCH  chats/{chatId}/members/{userId}/      401   404   404   403   404   403   200   200   200
DELETE chats/{chatId}/members/{userId}/      401   404   404   403   404   403   204   204   204
GET    chats/{chatId}/invitations/           401   404   404   403   404   403   200   200   200
POST   chats/{chatId}/invitations/           401   404   404   403   404   403   201   201   201
DELETE chats/{chatId}/invitations/{invitationId}/ 401  404  404  403  404  403   204   204   204
GET    invitations/{token}/                  401   200   200   200   404   200   200   200   200
POST   invitations/{token}/                  401   201   201   200   404   200   200   201   201
GET    chats/{chatId}/messages/              401   404   404   200   404   200   200   200   200
POST   chats/{chatId}/messages/              401   404   404   403   404   201   201   403   403
GET    chats/{chatId}/search/                401   404   404   200   404   200   200   200   200
POST   chats/{chatId}/messages/lookup/       401   404   404   200   404   200   200   200   200
GET    chats/{chatId}/messages/{messageId}/  401   404   404   200   404   200   200   200   200
PATCH  chats/{chatId}/messages/{messageId}/  401   404   404   403   404   403   200   403   403
DELETE chats/{chatId}/messages/{messageId}/  401   404   404   403   404   403   200   200   200
POST   chats/{chatId}/messages/{messageId}/retry/ 401  404  404  403  404  403   200   200   200
POST   chats/{chatId}/messages/{messageId}/cancel/ 401  404  404  403  404  403  200   200   200
GET    chats/{chatId}/messages/{messageId}/feedback/ 401  404  404  200  404  200  200  200  200
POST   chats/{chatId}/messages/{messageId}/feedback/ 401  404  404  200  404  200  200  200  200
GET    chats/{chatId}/messages/{messageId}/timeline/ 401  404  404  403  404  403  200  200  200
POST   chats/{chatId}/messages/{messageId}/report/ 401  404  404  204  404  204  403  204  204
GET    chats/{chatId}/decisions/             401   404   404   200   404   200   200   200   200
GET    chats/{chatId}/filter/                401   404   404   403   404   403   200   200   200
PUT    chats/{chatId}/filter/                401   404   404   403   404   403   200   200   200
GET    moderation/cases/                     401   404   404   404   404   404   404   200   200
GET    moderation/cases/{messageId}/         401   404   404   404   404   404   404   200   200
GET    moderation/decisions/                 401   404   404   404   404   404   404   200   200
POST   moderation/decisions/                 401   404   404   404   404   404   404   201   201
POST   moderation/decisions/{decisionId}/undo/ 401 404   404   404   404   404   404   201   201
GET    moderation/held/                      401   404   404   404   404   404   404   200   200
POST   moderation/held/{heldId}/             401   404   404   404   404   404   404   200   200
GET    chats/{chatId}/events/                401   404   404   200   404   200   200   200   200
PUT    chats/{chatId}/read/                  401   404   404   200   404   200   200   404   404
POST   problems/                             401   201   201   201   201   201   201   201   201
POST   auth/token/                           401   201   201   201   201   201   201   201   201
GET    auth/tokens/                          401   200   200   200   200   200   200   200   200
DELETE auth/tokens/{tokenId}/                401   404   404   404   404   404   404   404   404
DELETE auth/token/                           401   401   401   401   401   401   401   401   401
GET    stream/                               401   404   404   200   404   200   200   200   200
"""

SOCKET = """
             anon. outs.    form.    muted     ban.     memb.     owner mod.      super.
connect      4501  ok       ok       ok        ok       ok        ok    ok        ok
path         4501  4503     4503     ok        4503     ok        ok    ok        ok
subscribe    4501  notFound notFound ok        notFound ok        ok    ok        ok
unsubscribe  4501  ok       ok       ok        ok       ok        ok    ok        ok
send         4501  notFound notFound muted     notFound ok        ok    forbidden forbidden
edit         4501  notFound notFound forbidden notFound forbidden ok    forbidden forbidden
remove       4501  notFound notFound forbidden notFound forbidden ok    ok        ok
report       4501  notFound notFound ok        notFound ok        forbidden ok    ok
retry        4501  notFound notFound forbidden notFound forbidden ok    ok        ok
cancel       4501  notFound notFound forbidden notFound forbidden ok    ok        ok
fetch        4501  notFound notFound ok        notFound ok        ok    ok        ok
read         4501  notFound notFound ok        notFound ok        ok    notFound  notFound
typing       4501  notFound notFound ok        notFound ok        ok    ok        ok
ping         4501  ok       ok       ok        ok       ok        ok    ok        ok
"""

# A page sends who is not signed in to the sign-in page (302), and elsewhere once a form is done.
# Where a page has several forms, each is named by its `act`; without one nothing is done.
PAGES = """
                                anon. outs. form. muted ban.  memb. owner mod.  super.
GET    /                        302   200   200   200   200   200   200   200   200
POST   /                        405   405   405   405   405   405   405   405   405
GET    /new/                    302   200   200   200   200   200   200   200   200
POST   /new/                    302   302   302   302   302   302   302   302   302
GET    /chats/{chat_id}/        302   404   404   200   404   200   200   200   200
POST   /chats/{chat_id}/        302   404   404   403   404   302   302   403   403
GET    /chats/{chat_id}/told/   302   404   404   200   404   200   200   200   200
POST   /chats/{chat_id}/told/   405   405   405   405   405   405   405   405   405
GET    /chats/{chat_id}/settings/  302 404  404   200   404   200   200   200   200
POST   /chats/{chat_id}/settings/  302 404  404   400   404   400   400   400   400
POST   /chats/{chat_id}/settings/ change   302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ filter   302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ freeze   302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ add      302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ setRole  302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ remove   302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ ban      302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ liftBan  302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ invite   302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ revoke   302   404   404   403   404   403   302   302   302
POST   /chats/{chat_id}/settings/ leave    302   404   404   302   404   302   400   400   400
GET    /chats/{chat_id}/messages/{message_id}/report/  302 404 404 200 404 200 200 200 200
POST   /chats/{chat_id}/messages/{message_id}/report/  302 404 404 200 404 200 403 200 200
GET    /moderation/             302   404   404   404   404   404   404   200   200
POST   /moderation/             405   405   405   405   405   405   405   405   405
GET    /moderation/decide/      405   405   405   405   405   405   405   405   405
POST   /moderation/decide/      302   404   404   404   404   404   404   302   302
GET    /moderation/decisions/{decision_id}/undo/  405 405 405 405 405 405 405 405 405
POST   /moderation/decisions/{decision_id}/undo/  302 404 404 404 404 404 404 302 302
GET    /moderation/held/{held_id}/  405 405   405   405   405   405   405   405   405
POST   /moderation/held/{held_id}/  302 404   404   404   404   404   404   302   302
GET    /moderation/{message_id}/  302 404   404   404   404   404   404   200   200
POST   /moderation/{message_id}/  405 405   405   405   405   405   405   405   405
GET    /chats/{chat_id}/search/    302 404  404   200   404   200   200   200   200
POST   /chats/{chat_id}/search/    405 405  405   405   405   405   405   405   405
GET    /invitations/{token}/    302   200   200   302   404   302   302   200   200
POST   /invitations/{token}/    302   302   302   302   404   302   302   302   302
GET    /thumbnails/{video_id}.jpg  403 404  404   404   404   404   404   404   404
POST   /thumbnails/{video_id}.jpg  405 405  405   405   405   405   405   405   405
GET    /accounts/               302   200   200   200   200   200   200   200   200
POST   /accounts/               302   200   200   200   200   200   200   200   200
POST   /accounts/ password                 302   200   200   200   200   200   200   200   200
POST   /accounts/ end                      302   302   302   302   302   302   302   302   302
POST   /accounts/ create                   302   200   200   200   200   200   200   200   200
POST   /accounts/ revoke                   302   200   200   200   200   200   200   200   200
GET    /accounts/language/      302   302   302   302   302   302   302   302   302
POST   /accounts/language/      302   302   302   302   302   302   302   302   302
GET    /accounts/login/         200   302   302   302   302   302   302   302   302
POST   /accounts/login/         200   302   302   302   302   302   302   302   302
GET    /accounts/logout/        405   405   405   405   405   405   405   405   405
POST   /accounts/logout/        302   302   302   302   302   302   302   302   302
"""

# Everybody else is sent to the admin's own sign-in page.
ADMIN = """
                                moderator             superuser
                                list page add  delete list page add  delete
auth.group                      403  403  403  403    200  200  200  200
axes.accessattempt              403  403  403  403    200  200  403  200
axes.accessfailurelog           403  403  403  403    200  200  403  200
axes.accesslog                  403  403  403  403    200  200  403  200
auth.user                       403  403  403  403    200  200  200  200
chat_messages.ban               200  200  403  403    200  200  403  403
chat_messages.chat              200  200  403  403    200  200  403  200
chat_messages.decision          200  200  403  403    200  200  403  403
chat_messages.event             200  200  403  403    200  200  403  403
chat_messages.held              200  200  403  403    200  200  403  403
chat_messages.invitation        200  200  403  403    200  200  403  403
chat_messages.job               200  200  403  403    200  200  403  403
chat_messages.membership        200  200  403  403    200  200  403  403
chat_messages.message           200  200  403  403    200  200  403  403
chat_messages.problem           200  200  403  403    200  200  403  200
chat_messages.report            200  200  403  403    200  200  403  403
chat_messages.revocation        200  200  403  403    200  200  403  403
knox.authtoken                  403  403  403  403    200  200  200  200
"""

Row = Mapping[str, str]


def rows_of(table: str) -> dict[str, Row]:
    """By door, what each role finds there; a door is all that comes before nine columns."""
    rows = {}
    for line in table.strip("\n").splitlines()[1:]:
        parts = line.split()
        door, found = parts[: -len(ROLES)], parts[-len(ROLES) :]
        rows[" ".join(door)] = dict(zip(ROLES, found, strict=True))
    return rows


def admin_rows() -> dict[str, dict[str, list[int]]]:
    """By model, what the moderator and the superuser find: list, page, add, delete."""
    rows = {}
    for line in ADMIN.strip("\n").splitlines()[2:]:
        model, *found = line.split()
        statuses = [int(status) for status in found]
        rows[model] = {"moderator": statuses[:4], "superuser": statuses[4:]}
    return rows
