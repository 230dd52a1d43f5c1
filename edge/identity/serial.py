"""The serial number of this machine: what stands on a Raspberry Pi or Jetson, else the machine's id."""
from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from edge.identity.errors import NoSerial

PLACES = (Path("/proc/device-tree/serial-number"), Path("/sys/class/dmi/id/product_serial"), Path("/etc/machine-id"))
EMPTY = frozenset({"none", "unknown", "default", "system", "invalid"})
"""What makers of boards leave in its place."""
_SERIAL = re.compile(r"[A-Za-z0-9._-]{4,64}", re.ASCII)


def machine_serial(places: Sequence[Path] = PLACES) -> str:
    """The first that is told. Raises NoSerial."""
    for place in places:
        try:
            said = place.read_bytes()[:128].decode("ascii", "replace").strip("\0 \n")
        except OSError:
            continue
        if _SERIAL.fullmatch(said) and said.lower() not in EMPTY and said.strip("0-.F"):
            return said
    raise NoSerial
