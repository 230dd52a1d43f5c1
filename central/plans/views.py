"""What is handed to drafts, and what is told of them: shapes only."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from central.plans.changes import Change
from central.plans.draft import Draft, Published
from central.plans.errors import PlanError
from central.plans.overlaps import Earlier
from evidence.bodies import Place
from evidence.policy import Policy
from evidence.rules import Finding


@dataclasses.dataclass(frozen=True)
class File:
    """A table that somebody brings: its name and bytes."""

    name: str
    data: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class ClassSpec:
    """What no table says of a class. None: as it is; a new class needs a title, a policy and boxes. `policy`: the id of
    one that comes with the product, or a file beside `beside`."""

    class_id: str
    title: str | None = None
    policy: str | None = None
    boxes: tuple[Place, ...] | None = None
    institution: str | None = None
    utc_offset_min: int = 480
    beside: Path = Path()


@dataclasses.dataclass(frozen=True)
class Shown:
    """A draft with what follows from it. `version`: 0 where it is not kept, but made of what is published; `changes`:
    what publishing would change; `refusals`: why it would be refused now; `foreseen`: which rules are against the plan;
    `few`: how many people it has, if they are too few for faces; `earlier`: who was in another subsidised training
    shortly before (O8); `names`: pseudonym → name."""

    draft: Draft
    version: int
    published: Published
    names: Mapping[str, str]
    changes: tuple[Change, ...]
    refusals: tuple[PlanError, ...]
    foreseen: tuple[Finding, ...]
    few: int | None
    earlier: tuple[Earlier, ...]
    policy: Policy

    def numbered(self) -> list[tuple[int, Change]]:
        """Every change with the number by which `drop_change` takes it back; 0 where it does not."""
        pending = len(self.draft.events) + len(self.draft.leaves)
        first = len(self.changes) - pending
        return [(max(0, at - first + 1), one) for at, one in enumerate(self.changes)]


@dataclasses.dataclass(frozen=True)
class Publication:
    """What was signed. `order`: the number in force; `fresh`: whether it is a new one; how many events and leaves."""

    order: int
    fresh: bool
    events: int
    leaves: int


@dataclasses.dataclass(frozen=True)
class BoxState:
    """Whether a box took the order in force. `since_us`: since when it has, or is awaited; `introduced`: whether the
    box has ever reported to this centre; `refused`: the code of the reason that it gave for not taking it."""

    device: str
    room: str
    accepted: bool
    since_us: int
    introduced: bool
    refused: str | None = None
