"""What there is to do in the console, and who may do it: the one table of both."""
from __future__ import annotations

import enum
from collections.abc import Mapping

from central.store.accounts import Role as Role

ROLES: tuple[Role, ...] = ("supervisor", "institution", "auditor", "administrator")
S, I, A, M = ROLES  # noqa: E741


class Action(enum.Enum):
    """One thing to do. Every route of the console declares one (central/web/access.py)."""

    OWN = "own"
    """The own account: password, codes, signing out."""
    OVERVIEW = "overview"
    SEE_CLASS = "see class"
    SEE_RECORD = "see record"
    SEE_VIDEO = "see video"
    """Play recordings, and so see everybody's face."""
    SEE_FACES = "see faces"
    """Pictures of people, cut out of the video."""
    LIVE = "live"
    LOOKS = "looks"
    """Who looked into rooms live, by which order and why."""
    REPLAY = "replay"
    ARCHIVE = "archive"
    SEARCH = "search"
    """Find people by name."""
    REVIEW = "review"
    """Answer for a recording, or point somebody out in it."""
    DECIDE = "decide"
    """One of the two persons who decide on a flag."""
    OBJECT = "object"
    ANSWER_OBJECTION = "answer objection"
    HOLD = "hold"
    """Hold the video of a class whatever its time, or lift that."""
    ERASE = "erase"
    """Have the face of a trainee erased, who asks for it."""
    INSPECT = "inspect"
    SURVEY = "survey"
    """Open a survey among trainees, and see what they answered."""
    SEE_PLAN = "see plan"
    """Drafts and plans, with who is on them, before anything was taught."""
    MANAGE_CLASS = "manage class"
    """Plan, roster, leave, make-up lessons; publish them to the boxes."""
    EXPORT = "export"
    KEEPING = "keeping"
    """Which video is kept until when, and how much room it takes."""
    CLAIM_BOX = "claim box"
    """Name a new box by the code of its screen; it counts for nothing before an administrator approves it."""
    DEVICES = "devices"
    """Approve or refuse a new box."""
    INSTITUTIONS = "institutions"
    ACCOUNTS = "accounts"
    HEALTH = "health"
    """What ails the centre itself."""
    AUDIT = "audit"
    """Who looked at what, and which accounts changed."""


MAY: Mapping[Action, frozenset[Role]] = {action: frozenset(roles) for action, roles in {
    Action.OWN: (S, I, A, M),
    Action.OVERVIEW: (S, I, A, M),
    Action.SEE_CLASS: (S, I, A, M),
    Action.SEE_RECORD: (S, I, A, M),
    Action.SEE_VIDEO: (S, I, A),
    Action.SEE_FACES: (S, I, A),
    Action.LIVE: (S, I),
    Action.LOOKS: (S, I, A, M),
    Action.REPLAY: (S, I),
    Action.ARCHIVE: (S, A),
    Action.SEARCH: (S, I, A),
    Action.REVIEW: (S,),
    Action.DECIDE: (S,),
    Action.OBJECT: (I,),
    Action.ANSWER_OBJECTION: (S,),
    Action.HOLD: (S,),
    Action.ERASE: (S, I),
    Action.INSPECT: (S,),
    Action.SURVEY: (S, I),
    Action.SEE_PLAN: (S, I, M),
    Action.MANAGE_CLASS: (I, M),
    Action.EXPORT: (S, I, A, M),
    Action.KEEPING: (A, M),
    Action.CLAIM_BOX: (I, M),
    Action.DEVICES: (M,),
    Action.INSTITUTIONS: (M,),
    Action.ACCOUNTS: (M,),
    Action.HEALTH: (M,),
    Action.AUDIT: (A, M),
}.items()}
"""The table. What is not in it, nobody may do. Each role only where its scope reaches (scope.py)."""


def may(role: Role, action: Action) -> bool:
    """Whether a role may do this at all."""
    return role in MAY.get(action, frozenset())
