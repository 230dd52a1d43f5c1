"""What whoever installed the box said of its centre: /etc/zaitang/box-centre.toml; where there is no such file, what
somebody typed at its screen.

Nothing else is believed: a centre that came from the network could be anybody's. `pin` is the fingerprint of its root.
"""
from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

from edge.errors import CannotWrite
from edge.identity.centre import checked_address
from edge.identity.errors import BadAddress
from edge.identity.join import checked_pin
from edge.storage.files import replace
from evidence.box_orders import Console
from evidence.errors import BadInput, BadShape
from evidence.shape import decode

FILE = Path("/etc/zaitang/box-centre.toml")
TYPED = "told.toml"
"""In the folder of a new box: what was typed."""
MOST = 4096
PLAIN = re.compile(r"https://[A-Za-z0-9.:\[\]-]{1,255}/?")
"""An address that a person types, as the installer takes it."""


class BadTold(BadInput):
    text = "{path} cannot be used: {why}"


@dataclasses.dataclass(frozen=True)
class Told:
    """`centre`: https://HOST:PORT at which boxes are known; `console`: the address that telephones open, if it is
    known."""

    centre: str
    pin: str
    console: Console | None = None


def read_told(path: Path = FILE) -> Told | None:
    """What the file says; None where there is none. Raises BadTold."""
    try:
        with path.open("rb") as file:
            told = decode(Told, tomllib.loads(file.read(MOST).decode()), path.name, strict=True)
        return dataclasses.replace(told, centre=checked_address(told.centre), pin=checked_pin(told.pin))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadTold(path=path, why=error.strerror or str(error)) from None
    except (BadShape, BadInput) as error:
        raise BadTold(path=path, why=error) from None
    except (ValueError, RecursionError) as error:
        raise BadTold(path=path, why=str(error)) from None


def write_typed(path: Path, centre: str, pin: str) -> None:
    """Keep what somebody typed at the screen, who took it from the console of the centre. Raises BadAddress, BadPin,
    CannotWrite."""
    if not PLAIN.fullmatch(centre):
        raise BadAddress(value=centre)
    said = f'centre = "{checked_address(centre)}"\npin = "{checked_pin(pin)}"\n'
    try:
        replace(path, said.encode())
    except OSError as error:
        raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None
