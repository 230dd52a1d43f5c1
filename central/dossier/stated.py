"""What people state of a class besides its plan: the institution, inspections, objections, decisions.

The one place that knows their records; where there is none, the form stays empty to be filled in and signed by hand."""
from __future__ import annotations

from central.classes.stories import Told
from central.dossier.shape import Decision, Inspection, Objection
from central.store.tables import Tx
from evidence.bodies import ClassOrder


def institution(told: Told) -> str | None:
    """The name of the institution that holds the class; None: not recorded."""
    return None


def institution_of(tx: Tx, order: ClassOrder) -> tuple[str, str] | None:
    """The id of the institution that holds a class, and its region; None: not recorded."""
    return None


def inspections(told: Told) -> tuple[Inspection, ...]:
    """The inspections of the class, in order of time."""
    return ()


def objections(told: Told) -> tuple[Objection, ...]:
    """What was objected, in order of time."""
    return ()


def decisions(told: Told) -> tuple[Decision, ...]:
    """What two persons decided, in order of time."""
    return ()
