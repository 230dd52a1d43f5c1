"""What to send next. Pure: the records are in the store, and only a receipt of the centre takes one off this window.

The centre's receipts are cumulative, so the outbox is a window over sequence numbers that goes back to the oldest
record without receipt when receipts stop coming. A PUBACK of the broker moves nothing (it proves nothing).
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from common.backoff import Backoff

RESEND = Backoff(first=5.0, longest=300.0)
WINDOW = 1000
"""Most records that are sent and not receipted."""
MOST_RECORDS, MOST_BYTES = 100, 256 * 1024
"""What goes into one message: so many records, so many bytes. A larger record travels alone."""


@dataclasses.dataclass(frozen=True)
class Outbox:
    """`receipted`: the last record with a receipt. `sent`: the last one sent since. `failures`: resends without any
    progress. `deadline`: monotonic seconds at which what was sent counts as lost. -1: none yet."""

    receipted: int = -1
    sent: int = -1
    failures: int = 0
    deadline: float = 0.0

    def due(self, head: int, now: float, window: int = WINDOW) -> range:
        """Sequence numbers to send now, oldest first. `head`: the last record of the chain."""
        last_sent = self.receipted if self._overdue(now) else self.sent
        return range(last_sent + 1, min(head, self.receipted + window) + 1)

    def after_sending(self, seqs: range, now: float, chance: float) -> Outbox:
        """The outbox once `seqs` (what `due` said) were handed to the broker."""
        if not seqs:
            return self
        failures = self.failures + 1 if self._overdue(now) else self.failures
        waiting = self.sent > self.receipted and not self._overdue(now)
        deadline = self.deadline if waiting else now + RESEND.wait(failures, chance)
        return dataclasses.replace(self, sent=seqs[-1], failures=failures, deadline=deadline)

    def after_receipt(self, up_to: int, now: float, chance: float) -> Outbox:
        """The outbox once a verified receipt covers everything up to `up_to`. An old receipt changes nothing."""
        if up_to <= self.receipted:
            return self
        return Outbox(up_to, max(self.sent, up_to), 0, now + RESEND.wait(0, chance))

    def all_again(self, now: float) -> Outbox:
        """What was sent is lost, or its receipts were: everything without a receipt is due again at once."""
        return dataclasses.replace(self, sent=self.receipted, deadline=now)

    def from_again(self, seq: int, now: float) -> Outbox:
        """The centre lacks record `seq`: everything from there on is due at once, receipts or not."""
        receipted = min(self.receipted, seq - 1)
        return dataclasses.replace(self, receipted=receipted, sent=min(self.sent, seq - 1), deadline=now)

    def _overdue(self, now: float) -> bool:
        return self.sent > self.receipted and now >= self.deadline


def messages(envelopes: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The envelopes in their order, divided into messages: in each they stand with a line feed between them."""
    held: list[bytes] = []
    size = 0
    for envelope in envelopes:
        if held and (len(held) == MOST_RECORDS or size + len(envelope) > MOST_BYTES):
            yield held
            held, size = [], 0
        held.append(envelope)
        size += len(envelope) + 1
    if held:
        yield held
