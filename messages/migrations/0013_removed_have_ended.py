"""What was removed while it was worked on has ended by that, also what was removed before this held."""

from typing import Any

from django.db import migrations


def end_them(apps: Any, schema_editor: Any) -> None:
    found = apps.get_model("chat_messages", "Message").objects
    found = found.using(schema_editor.connection.alias)
    error = {"code": "cancelled", "detail": "This was stopped.", "retryable": False}
    open_ones = found.filter(status__in=["pending", "processing"])
    open_ones.exclude(removed=None).update(status="error", error=error)


class Migration(migrations.Migration):
    dependencies = [("chat_messages", "0012_endings")]

    operations = [migrations.RunPython(end_them, migrations.RunPython.noop)]
