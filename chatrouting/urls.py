"""Every address of the server, save the sockets' (`routing`)."""

from django.contrib import admin
from django.urls import include, path

from chatrouting.views import events

urlpatterns = [
    path("admin/", admin.site.urls),
    # The API's own address, with waiting.
    path("api/v1/chats/<str:chat_id>/events/", events),
    path("", include("messages.urls")),
]
