"""Who moderates: by the group's permission, and nobody by being staff alone."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from messages.access import actor_of, actors_of

pytestmark = pytest.mark.django_db
migration = importlib.import_module("messages.migrations.0007_moderators")


def is_moderator(user: User) -> bool:
    return actor_of(user).is_moderator


def test_the_group_of_the_migration_may_moderate_and_look(mod: User) -> None:
    assert is_moderator(mod)
    held = Group.objects.get(name="moderators").permissions.values_list("codename", flat=True)
    assert {"moderate_chat", "view_message", "view_revocation"} <= set(held)
    assert not any(name.startswith(("add_", "delete_")) for name in held)


def test_staff_alone_and_a_group_without_staff_are_no_moderators(eve: User) -> None:
    eve.is_staff = True
    assert not is_moderator(eve)
    eve.is_staff = False
    eve.groups.add(Group.objects.get(name="moderators"))
    assert not is_moderator(eve)


def test_a_permission_of_ones_own_does_as_well(eve: User) -> None:
    eve.is_staff = True
    eve.user_permissions.add(Permission.objects.get(codename="moderate_chat"))
    assert is_moderator(eve)
    eve.is_active = False
    assert not is_moderator(eve)


def test_a_superuser_moderates(db: None) -> None:
    assert is_moderator(User.objects.create_superuser("root"))


def test_many_are_looked_up_at_once_and_people_without_staff_cost_nothing(
    ann: User, bob: User, mod: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert not any(actor.is_moderator for actor in actors_of([ann, bob]))
    with django_assert_num_queries(1):
        found = [actor.name for actor in actors_of([ann, mod, bob]) if actor.is_moderator]
    assert found == ["mod"]


def test_who_was_staff_before_there_was_a_group_is_in_it(eve: User, ann: User) -> None:
    User.objects.filter(pk=eve.pk).update(is_staff=True)
    migration.take_staff_in(apps, SimpleNamespace(connection=connection))
    assert is_moderator(User.objects.get(pk=eve.pk))
    assert not Group.objects.get(name="moderators").user_set.filter(pk=ann.pk).exists()
