"""The addresses of the pages (docs/protocol.md §5)."""

from django.urls import path
from django.views.i18n import set_language

from messages.pages import (
    account,
    invitations,
    moderation,
    reporting,
    search,
    settings,
    thumbnails,
    views,
)

urlpatterns = [
    path("", views.chat_list, name="chats"),
    path("new/", views.new_chat, name="new-chat"),
    path("chats/<str:chat_id>/", views.chat_page, name="chat"),
    path("chats/<str:chat_id>/messages/<str:message_id>/report/", reporting.report, name="report"),
    path("chats/<str:chat_id>/told/", views.told_page, name="told"),
    path("moderation/", moderation.queue, name="moderation"),
    path("moderation/decide/", moderation.decide, name="decide"),
    path("moderation/decisions/<int:decision_id>/undo/", moderation.undo, name="undo-decision"),
    path("moderation/held/<int:held_id>/", moderation.decide_held, name="decide-held"),
    path("moderation/<str:message_id>/", moderation.case, name="case"),
    path("chats/<str:chat_id>/settings/", settings.chat_settings, name="chat-settings"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("chats/<str:chat_id>/search/", search.search_page, name="search"),
    path("thumbnails/<str:video_id>.jpg", thumbnails.thumbnail_of, name="thumbnail"),
    path("accounts/", account.account, name="account"),
    path("accounts/language/", set_language, name="set-language"),
    path("accounts/login/", views.SignIn.as_view(), name="login"),
    path("accounts/logout/", views.SignOut.as_view(), name="logout"),
]
