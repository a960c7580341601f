"""What is typed into pages; the domain checks what is sent on from here."""

import re
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from messages.access import Actor, actor_of
from messages.errors import ChatError
from messages.models import MAX_TITLE, MAX_TOKEN_NAME
from messages.signing_in import is_password_of

_MAX_PEOPLE = 100


class SignInForm(AuthenticationForm):
    """Says why a sign-in was refused before its password was looked at."""

    refusal: ChatError | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ChatError as refusal:
            self.refusal = refusal
            raise ValidationError(str(refusal.message)) from refusal


class OtherPasswordForm(PasswordChangeForm):
    """Whoever changes a password because somebody knows it means the tokens too."""

    revoke_tokens = forms.BooleanField(
        label=_("Revoke my tokens too"), required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)  # it is not alone here

    def clean_old_password(self) -> str:
        """Whoever has got hold of somebody's browser does not guess on here."""
        try:
            is_right = is_password_of(self.user, self.cleaned_data["old_password"])
        except ChatError as refusal:
            raise ValidationError(str(refusal.message)) from refusal
        if not is_right:
            raise ValidationError(self.error_messages["password_incorrect"])
        return str(self.cleaned_data["old_password"])


class NewTokenForm(forms.Form):
    name = forms.CharField(
        label=_("What it is for"),
        max_length=MAX_TOKEN_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewChatForm(forms.Form):
    """A title, and who else is to be in the chat."""

    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE)
    people = forms.CharField(
        label=_("People"),
        required=False,
        max_length=_MAX_PEOPLE * 151,
        help_text=_("User names, with commas between them. You are in the chat anyway."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_people(self) -> list[Actor]:
        """The people behind the names; says which names belong to nobody."""
        names = list(dict.fromkeys(re.findall(r"[^\s,;]+", self.cleaned_data["people"])))
        if len(names) > _MAX_PEOPLE:
            raise ValidationError(
                _("At most %(most)d people at once."), params={"most": _MAX_PEOPLE}
            )
        users = get_user_model().objects.filter(username__in=names, is_active=True)
        found = {user.get_username(): actor_of(user) for user in users}
        unknown = ", ".join(name for name in names if name not in found)
        if unknown:
            raise ValidationError(_("There is nobody called: %(names)s"), params={"names": unknown})
        return list(found.values())
