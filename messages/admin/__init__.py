"""The admin: a window on chats, members, messages, the work on them and the log. What may change is
changed by the verbs of the domain, so that the log says so."""

from messages.admin.cases import DecisionAdmin, HeldAdmin, ReportAdmin
from messages.admin.chats import ChatAdmin, MembershipAdmin
from messages.admin.entrance import enter
from messages.admin.names import translate_names
from messages.admin.problems import ProblemAdmin
from messages.admin.talk import EventAdmin, MessageAdmin
from messages.admin.trust import BanAdmin, InvitationAdmin, RevocationAdmin
from messages.admin.work import JobAdmin

__all__ = [
    "BanAdmin",
    "ChatAdmin",
    "DecisionAdmin",
    "EventAdmin",
    "HeldAdmin",
    "InvitationAdmin",
    "JobAdmin",
    "MembershipAdmin",
    "MessageAdmin",
    "ProblemAdmin",
    "ReportAdmin",
    "RevocationAdmin",
    "enter",
]

translate_names()
