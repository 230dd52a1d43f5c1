"""Makes the folder of a new box: box.toml, keys, room for video; then takes the certificate that the centre issued."""
from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path
from typing import get_args

from common.policies import load_policy
from common.texts import N_
from edge.box_toml import new_box_toml
from edge.config import BOX_FILE, BUILTIN, load_box
from edge.errors import BadBox, CannotWrite
from edge.keys import certify_keys, make_box_keys, make_waiting_keys, self_certified
from edge.storage.files import read_plain
from evidence.certs import MAX_PEM, fingerprint, read_certificate
from evidence.errors import BadInput
from evidence.records import Id
from evidence.shape import Match

KEYS, VIDEO = "keys", "video"
PUBLIC = "{device}.pub.pem"
DEVICE_ID: Match = get_args(Id)[1]

class BoxExists(BadInput):
    text = "{folder} is a box already; nothing was changed. Name another folder"


class FolderNotEmpty(BadInput):
    text = "{folder} is not empty; a box is made in a folder of its own"


class BadDeviceId(BadInput):
    text = "{device} cannot be the id of a box: up to 64 of a-z 0-9 . _ -, beginning with a letter or digit"


class CannotReadFile(BadInput):
    text = "{path} cannot be read: {why}"


class CertifiedAlready(BadInput):
    text = "the box in {folder} is certified already, under the root {root}"


def make_box(folder: Path, device: str, policy: str, room: str, lang: str, test_us: int | None = None,
             pack: str = BUILTIN) -> Path | None:
    """Make the folder of a box, all of it or nothing; the file with its public key, which the centre certifies.
    `test_us`: the time now (UTC microseconds) certifies it on the spot with a test key, and there is no such file.
    `pack`: of models, as `choose_pack` found it.

    Raises BoxExists, FolderNotEmpty, BadDeviceId, NoSuchPolicy, CannotWrite."""
    folder = folder.absolute()
    if not re.fullmatch(DEVICE_ID.pattern, device, re.ASCII):
        raise BadDeviceId(device=device)
    load_policy(policy)
    if (folder / BOX_FILE).exists() or (folder / KEYS).exists():
        raise BoxExists(folder=folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderNotEmpty(folder=folder)
    temp = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        temp.mkdir(parents=True)
        furnish(temp, device, policy, room, lang, pack)
        if test_us is not None:
            make_box_keys(temp / KEYS, self_certified(device, test_us))
        else:
            (temp / PUBLIC.format(device=device)).write_text(make_waiting_keys(temp / KEYS), encoding="ascii")
        load_box(temp)
        temp.rename(folder)
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return None if test_us is not None else folder / PUBLIC.format(device=device)


def furnish(folder: Path, device: str, policy: str, room: str, lang: str, pack: str) -> None:
    """Put into the folder of a new box all but its keys; again is no harm. Raises OSError."""
    # The recorder makes its volume there. What lies in it would be taken for something that was recorded.
    (folder / VIDEO).mkdir(exist_ok=True)
    (folder / BOX_FILE).write_text(new_box_toml(device, room, policy, lang, pack), encoding="utf-8")


def certify(folder: Path, certificate: Path, root: Path) -> str:
    """Take the certificate that the centre issued for this box, and the centre's root; the root's fingerprint, which
    somebody compares with what the centre says. Raises BadBox, CannotReadFile, BadKeys, CertifiedAlready."""
    config, keys = load_box(folder), folder / KEYS
    if (keys / "device.crt").exists():
        here = read_certificate((keys / "root.crt").read_text(encoding="ascii"), str(keys / "root.crt"))
        raise CertifiedAlready(folder=folder, root=fingerprint(here))
    texts = []
    for path in (certificate, root):
        try:
            # What is no ASCII is no PEM, as `certify_keys` says.
            texts.append(read_plain(path, MAX_PEM + 1).decode("ascii", "replace"))
        except OSError as error:
            raise CannotReadFile(path=path, why=error.strerror or str(error)) from None
    if not keys.is_dir():
        raise BadBox(folder=folder, why=N_("it has no keys; make it with `zaitang-edge init`"))
    return certify_keys(keys, config.device, texts[0], texts[1], (str(certificate), str(root)))
