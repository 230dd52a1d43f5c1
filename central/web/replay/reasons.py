"""Nothing plays without a reason that a person gave: whether somebody gave one for a block within the hour."""
from __future__ import annotations

from fastapi import Request

from central.accounts.looks import looked
from central.classes.stories import Stories, Told
from central.errors import UnknownBlock
from central.web.access import actor_of
from central.web.errors import ReasonFirst
from central.web.looking import look
from central.web.reels import facts_of
from central.wiring import Centre
from evidence.story import Block

WHAT = "replay"


class Reasons:
    """Who said why. A look of the kind `replay` states it; it holds for its block, for an hour."""

    def __init__(self, centre: Centre, stories: Stories) -> None:
        self._centre, self._stories = centre, stories

    def given(self, request: Request, class_id: str, block: str) -> bool:
        """Whether this person said why within the hour."""
        return looked(self._centre.store, actor_of(request), WHAT, self._centre.clock.stamp().utc_us,
                      class_id=class_id, block=block) is not None

    def state(self, request: Request, class_id: str, block: str, why: str) -> None:
        """Put a reason on record."""
        look(self._centre, request, WHAT, class_id=class_id, block=block, why=why)

    def demand(self, request: Request, class_id: str, block: str) -> None:
        """Raises ReasonFirst."""
        if not self.given(request, class_id, block):
            raise ReasonFirst

    def demand_for(self, request: Request, sha256: str) -> None:
        """That a file is of a block, named by `class` and `block` in the address as playlists do, for which there is a
        reason. Raises ReasonFirst."""
        class_id, block = (request.query_params.get(name, "")[:64] for name in ("class", "block"))
        if not class_id or not block or not self.given(request, class_id, block):
            raise ReasonFirst
        told = self._stories.tell(class_id)
        if all(fact.segment.sha256 != sha256 for fact in facts_of(told.story, block_of(told, block))):
            raise ReasonFirst


def block_of(told: Told, block: str) -> Block:
    """A block of a class. Raises UnknownBlock."""
    found = next((one for one in told.story.blocks if one.id == block), None)
    if found is None:
        raise UnknownBlock(class_id=told.story.class_id, block=block)
    return found
