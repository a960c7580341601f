"""The addresses of the pages (docs/protocol.md §5)."""

from django.urls import path
from django.views.i18n import set_language

from messages.pages import account, search, thumbnails, views

urlpatterns = [
    path("", views.chat_list, name="chats"),
    path("new/", views.new_chat, name="new-chat"),
    path("chats/<str:chat_id>/", views.chat_page, name="chat"),
    path("chats/<str:chat_id>/search/", search.search_page, name="search"),
    path("thumbnails/<str:video_id>.jpg", thumbnails.thumbnail_of, name="thumbnail"),
    path("accounts/", account.account, name="account"),
    path("accounts/language/", set_language, name="set-language"),
    path("accounts/login/", views.SignIn.as_view(), name="login"),
    path("accounts/logout/", views.SignOut.as_view(), name="logout"),
]
