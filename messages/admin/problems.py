"""What people have reported of their pages."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

import json

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from messages.admin.windows import ReadOnly, Window, moment
from messages.models import Problem
from messages.problems import as_text


@admin.register(Problem)
class ProblemAdmin(ReadOnly, Window):
    """Read, replayed with `node tests/script/replay.js`, and deleted once it is dealt with."""

    list_display = ("id", "time", "user", "snippet")
    list_select_related = ("user",)
    fields = ("time", "user", "agent", "words", "frames", "file")

    @admin.display(description=_("time"), ordering="at")
    def time(self, problem: Problem) -> str | None:
        return moment(problem.at)

    @admin.display(description=_("what happened"))
    def snippet(self, problem: Problem) -> str:
        return Truncator(problem.words).chars(80)

    @admin.display(description=_("frames"))
    def frames(self, problem: Problem) -> SafeString:
        return format_html("<pre>{}</pre>", as_text(problem.trace))

    @admin.display(description=_("to replay"))
    def file(self, problem: Problem) -> SafeString:
        return format_html("<textarea readonly>{}</textarea>", json.dumps(problem.trace))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return Window.has_delete_permission(self, request, obj)
