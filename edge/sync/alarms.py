"""Alarms about what came from outside: each said once in the chain, however often the same thing comes again."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from edge.store import Store
from evidence.bodies import Alarm, body_of

MOST = 100
"""Alarms of one kind in one run of this process: somebody who floods the broker must not fill the chain, nor keep other
alarms out of it."""

Key = tuple[str, tuple[tuple[str, object], ...]]


class Alarms:
    """Appends alarm records, except those that the chain already holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count: Counter[tuple[str, object]] = Counter()
        bodies = [body_of(sealed.record) for sealed in store.records_of("alarm")]
        self._said = {_key(body.code, body.params) for body in bodies if isinstance(body, Alarm)}

    def once(self, code: str, params: Mapping[str, str | int], class_id: str | None = None) -> None:
        """Append the alarm unless it was said before with these very parameters."""
        key, kind = _key(code, params), (code, params.get("why"))
        if key in self._said or self._count[kind] >= MOST:
            return
        self._store.append("alarm", Alarm(code, params, class_id))
        self._said.add(key)
        self._count[kind] += 1

    def settle(self, code: str) -> None:
        """What was wrong is well again: the next time is news."""
        self._said = {key for key in self._said if key[0] != code}


def _key(code: str, params: Mapping[str, object]) -> Key:
    return code, tuple(sorted(params.items()))
