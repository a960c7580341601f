"""Making somebody what only a migration or the admin makes them."""

from django.contrib.auth.models import Group, User


def make_moderator(user: User) -> User:
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name="moderators"))
    return user
