"""Who is meant by a name or a pseudonym of a class."""
from __future__ import annotations

from collections.abc import Iterable

from central.classes.errors import NoTrainee, UnknownPerson
from central.classes.orders import order_of
from central.names import NameBox
from central.store.tables import Tx
from evidence.bodies import ClassOrder, RosterEvent, body_of
from evidence.roster import trainees


class People:
    """The trainees of a class: who ever was on the roster, or is asked to a make-up."""

    def __init__(self, tx: Tx, names: NameBox, class_id: str) -> None:
        """Raises UnknownClass."""
        self._class_id = class_id
        order_of(tx, class_id)
        bodies = [body_of(sealed.record) for kind in ("order.class", "roster.event")
                  for sealed in tx.of_type(kind, class_id)]
        self.trainees = {person for body in bodies for person in _due(body)}
        self._others = {one.person for body in bodies if isinstance(body, ClassOrder) for one in body.roster}
        self._named = {name.name: one for one, name in names.open_all(class_id, tx.sealed_names(class_id)).items()}

    def find(self, who: Iterable[str]) -> tuple[str, ...]:
        """The pseudonyms of trainees, each given by name or pseudonym, each once. Raises UnknownPerson, NoTrainee."""
        return tuple(dict.fromkeys(map(self.one, who)))

    def one(self, who: str) -> str:
        """The pseudonym of one. Raises UnknownPerson, NoTrainee."""
        plain = " ".join(who.split())
        known = self.trainees | self._others
        found = plain if plain in known else self._named.get(plain)
        if found in self.trainees:
            return found
        if found in self._others:
            raise NoTrainee(class_id=self._class_id, person=plain[:100])
        raise UnknownPerson(class_id=self._class_id, person=plain[:100])


def _due(body: object) -> Iterable[str]:
    if isinstance(body, ClassOrder):
        return {*trainees(body), *(person for hour in body.hours for person in hour.make_up or ())}
    if isinstance(body, RosterEvent):
        return {body.person, *([body.substitute] if body.substitute else [])}
    return ()
