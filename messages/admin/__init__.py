"""The admin: a window on chats, members, messages, the work on them and the log. What may change is
changed by the verbs of the domain, so that the log says so."""

from messages.admin.chats import ChatAdmin, MembershipAdmin
from messages.admin.entrance import enter
from messages.admin.talk import EventAdmin, MessageAdmin
from messages.admin.work import JobAdmin

__all__ = ["ChatAdmin", "EventAdmin", "JobAdmin", "MembershipAdmin", "MessageAdmin", "enter"]
