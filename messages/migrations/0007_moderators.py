"""The group of those who moderate, with permissions of its own, and in it who did so before."""

from typing import Any

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUP = "moderators"
CHANGES = ["moderate_chat", "change_chat", "change_message"]


def make_group(apps: Any, schema_editor: Any) -> None:
    """Permissions are made at the end of `migrate`, which would be too late here."""
    using = schema_editor.connection.alias
    config = apps.get_app_config("chat_messages")
    config.models_module = True  # of this state of the models, whose stub has none
    create_permissions(config, verbosity=0, using=using, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    ours = permissions.filter(content_type__app_label="chat_messages")
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=GROUP)
    group.permissions.add(*ours.filter(codename__startswith="view_"))
    group.permissions.add(*ours.filter(codename__in=CHANGES))


def take_staff_in(apps: Any, schema_editor: Any) -> None:
    """Until now whoever was staff moderated; being staff alone only opens the admin from here."""
    using = schema_editor.connection.alias
    group = apps.get_model("auth", "Group").objects.using(using).get(name=GROUP)
    users = apps.get_model(*settings.AUTH_USER_MODEL.split(".")).objects.using(using)
    group.user_set.add(*users.filter(is_staff=True, is_superuser=False))


class Migration(migrations.Migration):
    dependencies = [
        ("chat_messages", "0006_permissions_and_invitations"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(make_group, migrations.RunPython.noop),
        migrations.RunPython(take_staff_in, migrations.RunPython.noop),
    ]
