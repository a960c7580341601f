"""The addresses of the pages (docs/protocol.md §5)."""

from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.i18n import set_language

from messages.pages import account, thumbnails, views

urlpatterns = [
    path("", views.chat_list, name="chats"),
    path("new/", views.new_chat, name="new-chat"),
    path("chats/<str:chat_id>/", views.chat_page, name="chat"),
    path("thumbnails/<str:video_id>.jpg", thumbnails.thumbnail_of, name="thumbnail"),
    path("accounts/", account.account, name="account"),
    path("accounts/language/", set_language, name="set-language"),
    path("accounts/login/", views.SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
]
