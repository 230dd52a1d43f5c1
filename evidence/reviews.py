"""What a review was made on, so that a reader can tell when a later roll call may change it."""
from __future__ import annotations

from collections.abc import Iterable

from evidence.canonical import canonical, sha256_hex
from evidence.story import Ref


def seen_hash(calls: Iterable[Ref]) -> str:
    """`seen` of a review of a block or class-hour whose roll calls are these (`calls` of the story): the SHA-256 of the
    canonical JSON of their list of [device, chain, seq], in order."""
    return sha256_hex(canonical([list(ref) for ref in sorted(calls)]))
