"""The ID-card reader behind a small port, and the anchor that is made of what it read.

The box keeps no number: salt and number are sealed to the centre, and the record holds their commitment. Without a
key of the centre nothing of the number is kept at all, only that a reader read a card with this name.
"""
from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Annotated, Protocol

from common.id_numbers import fault, tidy
from common.namesakes import without_suffix
from common.sheets import seal_number
from edge.enrol.errors import BadCard, CardLeft, CardOfAnother, NoCard, NoNameYet, NoReader
from edge.storage.files import read_plain
from evidence.bodies import Enrolment
from evidence.errors import BadShape
from evidence.shape import Match, decode

SALT_BYTES = 16
LONGEST = 4096


@dataclasses.dataclass(frozen=True)
class Card:
    """What a card says."""

    name: str
    number: Annotated[str, Match(r".{1,40}", "a number")] = dataclasses.field(repr=False)


class Reader(Protocol):
    """A reader. `name` goes into the record."""

    name: str

    def read(self) -> Card:
        """The card that lies on it now. Raises NoCard, BadCard, CardLeft."""


class FileReader:
    """A card as a file `{"name": …, "number": …}`: what a reader's own program puts there, and what tests use. It is
    handed over: once it was read, it is gone, and its number with it."""

    def __init__(self, path: Path) -> None:
        self._path, self.name = path, "file"

    def read(self) -> Card:
        try:
            card = decode(Card, json.loads(read_plain(self._path, LONGEST)), "card")
        except FileNotFoundError:
            raise NoCard() from None
        except (OSError, ValueError, RecursionError, BadShape):
            raise BadCard() from None
        self._take_away()
        return card

    def _take_away(self) -> None:
        """Emptied first: another name of the file would keep the number."""
        try:
            os.truncate(self._path, 0)
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise CardLeft(path=self._path, why=error.strerror or str(error)) from None


class NoReaderHere:
    """A box without a reader."""

    name = ""

    def read(self) -> Card:
        raise NoReader()


@dataclasses.dataclass(frozen=True)
class Anchor:
    """To what a face is tied: the fields of the same names in an enrolment, and `sealed` for the centre."""

    anchor: str = "none"
    by: str = ""
    commitment: str | None = None
    sealed: bytes | None = dataclasses.field(default=None, repr=False)

    def put_into(self, enrolment: Enrolment) -> Enrolment:
        """The enrolment with this anchor."""
        return dataclasses.replace(
            enrolment, anchor=self.anchor, anchor_by=self.by, anchor_commitment=self.commitment)  # type: ignore[arg-type]


def anchored(
    reader: Reader, name: str | None, class_id: str, person: str, centre_key: str | None, today: datetime.date,
) -> Anchor:
    """Read a card and tie a person to it. `name`: of the person, if a sheet of names came. `centre_key`: X25519 public
    key (hex) of the centre. Raises NoReader, NoCard, BadCard, CardLeft, NoNameYet, CardOfAnother."""
    card = reader.read()
    number = tidy(card.number)
    if fault(number, today) is not None:
        raise BadCard()
    if name is None:
        raise NoNameYet()
    if "".join(card.name.split()) != without_suffix(name):
        raise CardOfAnother()
    if centre_key is None:
        return Anchor("id_card", reader.name)
    salt = secrets.token_bytes(SALT_BYTES)
    commitment = hashlib.sha256(salt + number.encode()).hexdigest()
    sealed = seal_number(salt, number, centre_key, class_id, person)
    return Anchor("id_card", reader.name, commitment, sealed)
