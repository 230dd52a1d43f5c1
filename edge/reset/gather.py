"""What is asked before a box is emptied, read from its chain, its receipts and its locks."""
from __future__ import annotations

from edge.box_orders import accepted
from edge.reset.judge import Facts
from edge.wiring import Box
from evidence.box_orders import known_us
from evidence.times import utc_us


def facts(box: Box) -> Facts:
    """Of a box of which nothing runs. Raises BadStore."""
    words = [order for order in accepted(box.store) if order.release is not None]
    newest = words[-1] if words else None
    release = None if newest is None else newest.release
    now_us = known_us(box.clock.stamp(), box.store.vouched_us())
    over = newest is not None and now_us is not None and utc_us(newest.expires) <= now_us
    since = [] if release is None else [one.record.type for one in box.store.each(after=release.seq)]
    return Facts(box.store.chain, release, over, since, box.store.head_seq() - box.store.receipted_up_to())
