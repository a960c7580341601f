"""The addresses of the domain: the API, and the pages."""

from django.urls import include, path

from messages.api.views import UnknownAddress

urlpatterns = [
    path("api", UnknownAddress.as_view()),
    path("api/", include("messages.api.urls")),
    path("", include("messages.pages.urls")),
]
