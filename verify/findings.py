"""From checked records to findings: the one fold and the one set of rules that every screen uses."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from evidence.brackets import Chains
from evidence.errors import ZaitangError
from evidence.fold import fold
from evidence.notes import NoteKey
from evidence.policy import Policy
from evidence.records import Record
from evidence.rules import Finding, finding_json, findings
from evidence.story import Story
from verify.errors import NoStory


@dataclasses.dataclass(frozen=True)
class Judged:
    """The findings of one class as JSON values, in the order of the rules."""

    class_id: str
    story: Story
    findings: tuple[dict[str, Any], ...]
    said: tuple[Finding, ...]
    """The same findings as the rules returned them, for words."""


def judge(
    records: Iterable[Record], class_id: str, policy: Policy, as_of_us: int | None, receipts: Chains,
    whole: bool, log: NoteKey | None,
) -> Judged:
    """Fold and judge one class; `as_of_us` None means the time of its latest record. `receipts`: those whose seals
    hold; `whole`: none was left out; `log`: the key of the centre's tree. Raises NoStory."""
    try:
        story = fold(records, class_id, policy, receipts=receipts, whole=whole, log=log)
        said = findings(story, policy, story.last_us if as_of_us is None else as_of_us)
    except ZaitangError as error:
        raise NoStory(class_id=class_id, why=error) from None
    return Judged(class_id, story, tuple(finding_json(one) for one in said), tuple(said))


