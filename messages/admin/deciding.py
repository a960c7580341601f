"""What moderators decide, as actions of the lists: the same verbs as everywhere."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from messages import moderation
from messages.access import actor_of
from messages.admin.windows import MODERATE
from messages.errors import ChatError
from messages.models import MAX_REASON, Verb
from messages.writer import writer

Action = Callable[[Any, HttpRequest, QuerySet], None]

LABELS = {
    Verb.DISMISS: _("Dismiss the reports"),
    Verb.REMOVE: _("Remove the message"),
    Verb.WARN: _("Warn (with a reason)"),
    Verb.MUTE: _("Mute (for some minutes, or until lifted)"),
    Verb.UNMUTE: _("Unmute"),
    Verb.BAN: _("Ban from the chat"),
    Verb.FREEZE: _("Freeze the chat"),
    Verb.UNFREEZE: _("Unfreeze the chat"),
}


class HowForm(ActionForm):
    """Beside the choice of an action."""

    reason = forms.CharField(label=_("Reason"), max_length=MAX_REASON, required=False)
    minutes = forms.IntegerField(
        label=_("Minutes"), min_value=1, max_value=moderation.MAX_MINUTES, required=False
    )


def deciding(verb: Verb, about: Callable[[Any], dict[str, Any]]) -> Action:
    """An action that decides about each chosen row by itself."""

    @admin.action(description=LABELS[verb], permissions=["moderate"])
    def act(_: Any, request: HttpRequest, chosen: QuerySet) -> None:
        form = HowForm(request.POST)
        form.full_clean()
        how = {name: form.cleaned_data.get(name) for name in ("reason", "minutes")}
        for_each(request, chosen, lambda row: {"verb": verb} | about(row) | how, moderation.decide)

    act.__name__ = verb.value
    return act


def for_each(
    request: HttpRequest,
    chosen: QuerySet,
    arguments: Callable[[Any], dict[str, Any]],
    verb: Callable[..., Any],
) -> None:
    """What was refused is said, with its reason, and hinders no other."""
    done = 0
    actor = actor_of(request.user)
    for row in list(chosen):
        try:
            writer.call(verb, actor, **arguments(row))
            done += 1
        except ChatError as refusal:
            messages.error(request, f"{row}: {refusal.message}")
    if done:
        messages.success(request, say("Done: %(count)d.") % {"count": done})


class Deciding:
    """A list whose rows can be decided about."""

    action_form = HowForm

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MODERATE)
