"""Every address of the server, save the sockets' (`routing`)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from chatrouting.views import events

urlpatterns = [
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    # The API's own address, with waiting.
    path("api/v1/chats/<str:chat_id>/events/", events),
    path("", include("messages.urls")),
]
