"""centre.toml: what the operator decides. Strict: an unknown key or a number out of range names file and key."""
from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Annotated

from central.errors import CannotRead, NoCentre
from common.texts import N_
from evidence.errors import BadShape
from evidence.records import Id
from evidence.shape import Between, decode

Port = Annotated[int, Between(0, 65535)]

TEMPLATE = """\
# What this centre is called, in records and on its pages.
device = "centre"
name = "在堂监管中心"

# Keys marked as test keys, and what they sign, are accepted only where this says so.
accept_test_keys = {test}

[web]
host = "127.0.0.1"
port = 8470

[broker]
host = "127.0.0.1"
port = 1883

# After so many minutes without a word from a box an alarm says so, and the page of all classes.
[boxes]
silent_min = 10
"""


@dataclasses.dataclass(frozen=True)
class Web:
    """Where the console listens."""

    host: str = "127.0.0.1"
    port: Port = 8470


@dataclasses.dataclass(frozen=True)
class Broker:
    """The MQTT 5 broker between boxes and collector."""

    host: str = "127.0.0.1"
    port: Annotated[int, Between(1, 65535)] = 1883


@dataclasses.dataclass(frozen=True)
class Boxes:
    """`silent_min`: after so many minutes without a word from a box an alarm says so."""

    silent_min: Annotated[int, Between(1, 1440)] = 10


@dataclasses.dataclass(frozen=True)
class CentreConfig:
    """The whole file."""

    device: Id
    name: str
    accept_test_keys: bool = False
    web: Web = Web()
    broker: Broker = Broker()
    boxes: Boxes = Boxes()


def load_config(folder: Path) -> CentreConfig:
    """`folder`/centre.toml. Raises NoCentre, CannotRead, BadShape."""
    path = folder / "centre.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NoCentre(folder=folder) from None
    except OSError as error:
        raise CannotRead(path=path, why=error.strerror) from None
    except UnicodeDecodeError:
        raise CannotRead(path=path, why=N_("it is not UTF-8 text")) from None
    try:
        return decode(CentreConfig, tomllib.loads(text), str(path), strict=True)
    except tomllib.TOMLDecodeError as error:
        raise BadShape(where=path, key="(whole)", why=str(error)) from None
