"""Whose decision it was: what moderators decide is not for owners to take back."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q


def mark_those_of_staff(apps: Any, schema_editor: Any) -> None:
    decisions = apps.get_model("chat_messages", "Decision").objects
    decisions = decisions.using(schema_editor.connection.alias)
    by_staff = Q(by__is_staff=True) | Q(by__is_superuser=True)
    decisions.filter(by_staff).update(by_moderator=True)


class Migration(migrations.Migration):
    dependencies = [("chat_messages", "0010_sign_ins")]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="by_moderator",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Not for owners to take back."
            ),
        ),
        migrations.RunPython(mark_those_of_staff, migrations.RunPython.noop),
    ]
