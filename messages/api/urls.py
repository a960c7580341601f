"""The addresses of the API (docs/protocol.md §5)."""

from django.urls import path, re_path

from messages.api.chats import ChatDetailView, ChatsView, ReadView
from messages.api.documents import DocsView, SchemaView
from messages.api.events import EventsView
from messages.api.members import MembersView, MemberView
from messages.api.messages import LookupView, MessageDetailView, MessagesView
from messages.api.tokens import TokenDetailView, TokensView, TokenView
from messages.api.views import UnknownAddress
from messages.api.work import CancelView, FeedbackView, RetryView, TimelineView

app_name = "api"
_CHAT = "v1/chats/<str:chat_id>"
_MESSAGE = f"{_CHAT}/messages/<str:message_id>"

urlpatterns = [
    path("v1/chats/", ChatsView.as_view(), name="chats"),
    path(f"{_CHAT}/", ChatDetailView.as_view(), name="chat"),
    path(f"{_CHAT}/read/", ReadView.as_view(), name="read"),
    path(f"{_CHAT}/members/", MembersView.as_view(), name="members"),
    path(f"{_CHAT}/members/<str:user_id>/", MemberView.as_view(), name="member"),
    path(f"{_CHAT}/events/", EventsView.as_view(), name="events"),
    path(f"{_CHAT}/messages/", MessagesView.as_view(), name="messages"),
    path(f"{_CHAT}/messages/lookup/", LookupView.as_view(), name="lookup"),
    path(f"{_MESSAGE}/", MessageDetailView.as_view(), name="message"),
    path(f"{_MESSAGE}/retry/", RetryView.as_view(), name="retry"),
    path(f"{_MESSAGE}/cancel/", CancelView.as_view(), name="cancel"),
    path(f"{_MESSAGE}/timeline/", TimelineView.as_view(), name="timeline"),
    path(f"{_MESSAGE}/feedback/", FeedbackView.as_view(), name="feedback"),
    path("v1/auth/token/", TokenView.as_view(), name="token"),
    path("v1/auth/tokens/", TokensView.as_view(), name="tokens"),
    path("v1/auth/tokens/<str:token_id>/", TokenDetailView.as_view(), name="one-token"),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", DocsView.as_view(), name="docs"),
    re_path("", UnknownAddress.as_view()),
]
