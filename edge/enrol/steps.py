"""The steps of a guided enrolment: one table says what may follow what. Pure."""
from __future__ import annotations

from typing import Literal

State = Literal[
    "closed", "choose", "again", "consent", "anchor", "shots", "stopped", "pin", "enrolled", "pin_set", "withdrawn",
]
"""choose: who is it · again: enrolled already, an instructor confirms · consent: the text is shown · anchor: card,
inspector or neither · shots: the camera looks · stopped: a supervisor must decide · pin: a PIN is chosen · enrolled,
pin_set, withdrawn: it is done, and said."""
Event = Literal[
    "open", "close", "chosen", "chosen_again", "confirmed", "agreed", "refused", "cannot", "anchored", "enrolled",
    "stopped", "odd", "overruled", "pin_set", "withdrawn", "next", "erasing",
]

TABLE: dict[tuple[State, Event], State] = {
    ("closed", "open"): "choose",
    ("choose", "chosen"): "consent",
    ("choose", "chosen_again"): "again",
    ("again", "confirmed"): "consent",
    ("again", "cannot"): "pin",
    ("again", "withdrawn"): "withdrawn",
    ("consent", "agreed"): "anchor",
    ("consent", "refused"): "pin",
    ("consent", "cannot"): "pin",
    ("anchor", "anchored"): "shots",
    ("shots", "enrolled"): "enrolled",
    ("shots", "stopped"): "stopped",
    ("shots", "cannot"): "pin",
    ("shots", "withdrawn"): "withdrawn",
    ("shots", "erasing"): "choose",
    ("stopped", "withdrawn"): "withdrawn",
    ("stopped", "erasing"): "choose",
    ("stopped", "odd"): "shots",
    ("stopped", "overruled"): "enrolled",
    ("pin", "pin_set"): "pin_set",
    ("enrolled", "cannot"): "pin",
    ("withdrawn", "cannot"): "pin",
    ("enrolled", "next"): "choose",
    ("pin_set", "next"): "choose",
    ("withdrawn", "next"): "choose",
    ("stopped", "next"): "choose",
}


def after(state: State, event: Event) -> State | None:
    """The state that follows, or None where the event is not possible. Everything can be closed at any time."""
    return "closed" if event == "close" else TABLE.get((state, event))
