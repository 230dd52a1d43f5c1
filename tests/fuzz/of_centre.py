"""Parsers of files and arguments that somebody brings to a centre: settings, plans, names, keys, dates."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from central.centre_toml import TEMPLATES
from central.classes.errors import BadDay
from central.classes.imports import ImportSaid, state_import
from central.classes.inspections import InspectionSaid, state_inspection
from central.classes.lists import take_list
from central.classes.plan import hours_of, read_names, read_plan
from central.classes.statements import state_assessment
from central.config import load_config
from central.errors import BadKeyFile, BadName, BadPlaceInList, BadPlan, CannotRead, CannotWrite, NoCentre
from central.keys import load_centre_keys, load_public_key, sealing_key
from central.names import NameBox
from central.overview.overview import place_of
from central.stated_cli import read_said
from central.store.summaries import Wanted
from central.web.errors import BadFilter
from central.web.overview import asked_of
from central.wiring import Centre, init_centre
from common.sheets import BadRoster, Listed, seal_roster
from evidence.certs import pem
from evidence.errors import BadCertificate, BadInput, BadShape
from evidence.shape import decode
from tests.central.helpers import MORNING, NAMES, PLAN, FixedClock
from tests.central.test_classes import add
from tests.evidence.making import seed
from tests.fuzz.of_evidence import KEY, SITE
from tests.fuzz.of_road import CENTRE
from tests.fuzz.parser import Bench, Parser

OWN = Ed25519PrivateKey.from_private_bytes(seed("centre"))
PLACE = b"welder-1\0p-1"
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
KEYS = {
    "root.pem": pem(SITE.root).encode(), "centre.pem": pem(CENTRE.certificate).encode(),
    "centre.key": OWN.private_bytes(*PKCS8), "names.key": bytes(32), "sealing.key": KEY.private_bytes(*PKCS8),
}
ADDRESS = "postgresql://zaitang@db.example:5433/zaitang?sslrootcert=/etc/ca.pem"


def _config(data: bytes, bench: Bench) -> object:
    bench.file(data, "centre.toml")
    return load_config(bench.folder)


@contextlib.contextmanager
def _key_folder(folder: Path) -> Iterator[Path]:
    (folder / "keys").mkdir()
    for name, data in KEYS.items():
        (folder / "keys" / name).write_bytes(data)
    yield folder / "keys"


def _keys(name: str) -> Callable[[bytes, Bench], object]:
    """The centre's keys with these bytes in one of the files."""
    def read(data: bytes, bench: Bench) -> object:
        folder = bench.kept(_key_folder)
        (folder / name).write_bytes(data)
        try:
            return sealing_key(folder) if name == "sealing.key" else load_centre_keys(folder)
        finally:
            (folder / name).write_bytes(KEYS[name])

    return read


def _public(data: bytes, bench: Bench) -> object:
    return load_public_key(bench.file(data, "box.pem"))


def _plan(data: bytes, bench: Bench) -> object:
    path = bench.file(data, "plan.toml")
    return hours_of(read_plan(path), {"张伟": "p-1"}, path)


def _sealed_name(data: bytes, _: Bench) -> object:
    """What lies in the database, encrypted under the key of the names."""
    sealed = bytes(12) + AESGCM(bytes(32)).encrypt(bytes(12), data, PLACE)
    return NameBox(bytes(32)).open("welder-1", "p-1", sealed).commitment


def _list(data: bytes, bench: Bench) -> object:
    names = bench.folder / "names.toml"
    names.unlink(missing_ok=True)
    return take_list(bench.folder, KEY, bench.file(data, "list.sealed"), names)


@contextlib.contextmanager
def _centre(folder: Path) -> Iterator[Centre]:
    opened = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    add(opened, folder)
    yield opened
    opened.store.close()


def _day(data: bytes, bench: Bench) -> object:
    text = data.decode("utf-8", "surrogateescape")
    return state_assessment(bench.kept(_centre).store, "welder-1", text, MORNING)


INSPECTION = """kind = "opening"
start = 2026-03-02T09:00:00
end = 2026-03-02T09:30:00
place = "101"
teachers = 2
headcount = 3
inspector = "Sun"
numbers = ["1107"]
people = ["张伟"]
"""
IMPORT = """rule = "O8"
source = "registry"
[o8]
people = ["张伟", "王芳"]
earlier = [{ person = "王芳", training = "cook 7", assessed = 2026-02-20, class = "cook-7" }]
"""


def _inspection(data: bytes, bench: Bench) -> object:
    said = decode(InspectionSaid, read_said(bench.file(data, "inspection.toml"), "signature"), "file", strict=True)
    centre = bench.kept(_centre)
    return state_inspection(centre.store, centre.names, "welder-1", said, MORNING)


def _import(data: bytes, bench: Bench) -> object:
    value = {"file": "a" * 64} | read_said(bench.file(data, "import.toml"), "file")
    centre = bench.kept(_centre)
    return state_import(centre.store, centre.names, "welder-1", decode(ImportSaid, value, "file", strict=True))
def _filter(text: str) -> object:
    """As a day, which it is first of all, and as what is looked for."""
    return asked_of({"since": text, "until": text, "q": text, "after": text}).wanted(Wanted(), MORNING)


PARSERS = (
    Parser("centre.toml", ("central/config.py",), "toml",
           lambda: [text.format(test="true", database=ADDRESS).encode() for text in TEMPLATES.values()], _config,
           (BadShape, CannotRead, NoCentre)),
    *(Parser(f"the centre's keys/{name}", ("central/keys.py",), "bytes" if name == "names.key" else "pem",
             lambda name=name: [KEYS[name]], _keys(name), (BadKeyFile, BadCertificate, NoCentre), 20) for name in KEYS),
    Parser("the public key of a box", ("central/keys.py",), "pem",
           lambda: [OWN.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)], _public,
           (BadKeyFile,)),
    Parser("PLAN.toml", ("central/classes/plan.py",), "toml", lambda: [PLAN.encode()], _plan,
           (BadShape, CannotRead, BadPlan), 80),
    Parser("NAMES.toml", ("central/classes/plan.py",), "toml", lambda: [NAMES.encode()],
           lambda data, bench: read_names(bench.file(data, "names.toml")), (BadShape, CannotRead, BadPlan)),
    Parser("a name in the centre's database", ("central/names.py",), "json",
           lambda: [b'{"name":"x","salt":"01010101010101010101010101010101"}'], _sealed_name, (BadName,)),
    Parser("a list of people that a box sealed", ("central/classes/lists.py",), "bytes",
           lambda: [seal_roster([Listed("王秀英", "11010519491231002X", "trainee")],
                                KEY.public_key().public_bytes_raw().hex(), "welder-1")], _list,
           (BadRoster, CannotRead, CannotWrite), 20),
    Parser("inspection.toml", ("central/stated_cli.py", "central/classes/inspections.py"), "toml",
           lambda: [INSPECTION.encode()], _inspection, (BadInput,), 25),
    Parser("import.toml", ("central/stated_cli.py", "central/classes/imports.py"), "toml",
           lambda: [IMPORT.encode()], _import, (BadInput,), 25),
    Parser("a place in the list of classes", ("central/overview/overview.py",), "text",
           lambda: [b"ZGF0ZQAxNzcyNDEyNjAwMDAwMDAwAHdlbGRlci0x"],
           lambda data, bench: place_of(data.decode("utf-8", "replace"), "date"), (BadPlaceInList,), 25),
    Parser("a filter of the overview", ("central/web/overview.py",), "text", lambda: [b"2026-03-02"],
           lambda data, bench: _filter(data.decode("utf-8", "replace")), (BadFilter,), 25),
    Parser("the day of an assessment", ("central/classes/statements.py",), "text", lambda: [b"2026-03-02"], _day,
           (BadDay, BadInput), 25),
)
