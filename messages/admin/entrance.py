"""The way into the admin: the one sign-in page there is, with its limits."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache


@never_cache
def enter(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Whoever is signed in already and may not enter is told so, not asked to sign in again."""
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        wanted = resolve_url("admin:index")
    if admin.site.has_permission(request):
        return redirect(wanted)
    if request.user.is_authenticated:
        return render(request, "403.html", status=403)
    return redirect_to_login(wanted, settings.LOGIN_URL)


admin.site.login = enter  # type: ignore[method-assign]
