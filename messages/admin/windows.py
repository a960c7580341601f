"""What all lists of the admin have in common: nothing changes past the log, and they are quick."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from datetime import UTC, datetime

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.formats import date_format

NONE = "-"  # as Django writes it in its lists, but not on the pages of what is in them


def moment(ms: int | None) -> str:
    """Milliseconds as a date and time for people, in UTC."""
    if ms is None:
        return NONE
    return date_format(datetime.fromtimestamp(ms / 1000, UTC), "Y-m-d H:i:s")


class ReadOnly:
    """Nothing is added, changed or deleted here, by nobody."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Window(admin.ModelAdmin):
    """What all lists here have in common: they stay quick however long the table is."""

    actions: tuple[str, ...] | None = None
    show_full_result_count = False
    # Newest first by the one index that orders the whole table.
    ordering = ("-pk",)
