"""What a page's navigation shows to moderators alone."""

from django import template
from django.http import HttpRequest

from messages.access import actor_of
from messages.cases import count_open

register = template.Library()


@register.simple_tag
def open_cases(request: HttpRequest) -> int | None:
    """How much waits for a moderator; None where the reader is none."""
    if not request.user.is_authenticated or not actor_of(request.user).is_moderator:
        return None
    return count_open()
