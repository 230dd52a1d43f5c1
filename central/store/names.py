"""Names of people, encrypted, and the keys by which they are found."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from central.store import schema as t
from central.store.some import some


class NameTables:
    """The part of a transaction that speaks of names."""

    _db: Connection

    def put_name(self, class_id: str, person: str, sealed: bytes) -> None:
        """Keep an encrypted name, instead of what was kept for this person."""
        self._db.execute(delete(t.names).where(t.names.c.class_id == class_id, t.names.c.person == person))
        self._db.execute(insert(t.names).values(class_id=class_id, person=person, sealed=sealed))

    def sealed_names(self, class_id: str) -> dict[str, bytes]:
        """Encrypted names by pseudonym."""
        rows = self._db.execute(select(t.names.c.person, t.names.c.sealed).where(t.names.c.class_id == class_id))
        return {row.person: row.sealed for row in rows}

    def put_name_keys(self, class_id: str, keys: Iterable[tuple[str, str]]) -> None:
        """(token, person) of a class, instead of those that it had."""
        self._db.execute(delete(t.name_keys).where(t.name_keys.c.class_id == class_id))
        if rows := [{"token": token, "class_id": class_id, "person": person} for token, person in sorted(set(keys))]:
            self._db.execute(insert(t.name_keys), rows)

    def erase_name(self, class_id: str, person: str) -> None:
        """A name, and what it is found by."""
        for table in (t.names, t.name_keys):
            self._db.execute(delete(table).where(table.c.class_id == class_id, table.c.person == person))

    def people_by_keys(self, tokens: Sequence[str], most: int) -> list[tuple[str, str]]:
        """(class, person) of whom one of these tokens is."""
        c = t.name_keys.c
        found: list[tuple[str, str]] = []
        for part in some(tokens):
            if len(found) < most:
                rows = select(c.class_id, c.person).where(c.token.in_(part)).limit(most - len(found))
                found += [(class_id, person) for class_id, person in self._db.execute(rows)]
        return sorted(found)

    def sealed_of(self, people: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """(class, person) → the sealed name."""
        n, found = t.names.c, dict[tuple[str, str], bytes]()
        for class_id in sorted({class_id for class_id, _ in people}):
            those = [person for one, person in people if one == class_id]
            rows = select(n.person, n.sealed).where(n.class_id == class_id, n.person.in_(those))
            found |= {(class_id, row.person): row.sealed for row in self._db.execute(rows)}
        return found
