"""Who is signed in where, also of those who are so already."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models


def write_down_who_is_signed_in(apps: Any, schema_editor: Any) -> None:
    """A session has its end, and so its beginning, but not the browser."""
    using = schema_editor.connection.alias
    sign_ins = apps.get_model("chat_messages", "SignIn").objects.using(using)
    users = apps.get_model(*settings.AUTH_USER_MODEL.split(".")).objects.using(using)
    known = {str(pk): pk for pk in users.values_list("pk", flat=True)}
    store, lasts = SessionStore(), settings.SESSION_COOKIE_AGE
    for session in apps.get_model("sessions", "Session").objects.using(using).iterator(500):
        user_id = known.get(store.decode(session.session_data).get("_auth_user_id", ""))
        if user_id is not None:
            at = int((session.expire_date.timestamp() - lasts) * 1000)
            sign_ins.create(session_id=session.pk, user_id=user_id, at=max(0, at))


class Migration(migrations.Migration):
    dependencies = [
        ("chat_messages", "0009_told"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.BigIntegerField(help_text="Milliseconds since the epoch, UTC.")),
                ("agent", models.CharField(blank=True, max_length=200)),
                (
                    "session",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signin",
                        to="sessions.session",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(write_down_who_is_signed_in, migrations.RunPython.noop),
    ]
