"""Where a new box is made: BOX/.new, which becomes BOX piece by piece, its keys last; or the folder that `init` made.

A box is one as soon as BOX/keys/device.crt is there. Whatever power cut comes before that, the same is done again.
"""
from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from edge.config import BOX_FILE, BoxConfig, CameraConfig, load_box, parse_box
from edge.errors import BadBox, CannotWrite
from edge.firstboot.errors import OtherName
from edge.firstboot.told import TYPED
from edge.identity.errors import JoinedAlready
from edge.identity.join import NO_KEYS, Answer, take
from edge.identity.section import with_section
from edge.keys import make_waiting_keys
from edge.setup import KEYS, VIDEO, FolderNotEmpty, furnish
from edge.storage.files import replace, sync_folder
from evidence.certs import fingerprint, read_certificate

NEW, CERTIFIED = ".new", "device.crt"
PIECES = (VIDEO, BOX_FILE, KEYS)
"""In the order in which they become the box's."""
OF_THE_DISK = frozenset({"lost+found"})


@dataclasses.dataclass(frozen=True)
class Ground:
    """`folder`: where keys and box.toml lie now; `box`: where they will; `config`: of a box that was named at its own
    machine, else None."""

    folder: Path
    box: Path
    config: BoxConfig | None

    @property
    def keys(self) -> Path:
        """The folder of its keys."""
        return self.folder / KEYS


def find_ground(box: Path) -> Ground:
    """The place where this box is made, with its keys. Raises JoinedAlready, FolderNotEmpty, BadBox, BadShape, BadKeys,
    CannotWrite."""
    new = box / NEW
    if (new / KEYS / CERTIFIED).exists():  # the power failed while its pieces were moved
        _move(new, box)
    if (box / KEYS / CERTIFIED).exists():
        root = read_certificate((box / KEYS / "root.crt").read_text("ascii"))
        raise JoinedAlready(folder=box, root=fingerprint(root))
    if not new.exists() and (box / BOX_FILE).exists():
        if not (box / KEYS).is_dir():
            raise BadBox(folder=box, why=NO_KEYS)
        return Ground(box, box, load_box(box))
    if not new.exists() and box.exists() and {one.name for one in box.iterdir()} - OF_THE_DISK:
        raise FolderNotEmpty(folder=box)
    try:
        new.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(folder=box, why=error.strerror or str(error)) from None
    if not (new / KEYS).is_dir():
        make_waiting_keys(new / KEYS)
    return Ground(new, box, None)


def forget(ground: Ground) -> Ground:
    """The same with other keys, for the centre refused these. Raises CannotWrite, BadKeys."""
    try:
        shutil.rmtree(ground.keys)
        make_waiting_keys(ground.keys)
    except OSError as error:
        raise CannotWrite(folder=ground.folder, why=error.strerror or str(error)) from None
    return ground


def become(ground: Ground, answer: Answer, pin: str, host: str, address: str, code: str,
           cameras: Sequence[CameraConfig], pack: str) -> None:
    """Make the box of what the centre answered. `code`: of whoever maintains it; `cameras`: where box.toml names none;
    `pack`: of models, where there is no box.toml.

    Raises OtherName, StrangeAnswer, BadShape, BadKeys, CannotWrite."""
    config, device = ground.config, answer.device or ""
    if config is not None and config.device != device:
        raise OtherName(name=device, device=config.device)
    try:
        if config is None:
            furnish(ground.folder, device, answer.policy or "", answer.room or "", answer.lang or "zh", pack)
        _configure(ground.folder / BOX_FILE, code, cameras)
        take(ground.folder, load_box(ground.folder), pin, answer, host, address)
        (ground.folder / TYPED).unlink(missing_ok=True)
        if ground.folder != ground.box:
            _move(ground.folder, ground.box)
    except OSError as error:
        raise CannotWrite(folder=ground.box, why=error.strerror or str(error)) from None


def _configure(path: Path, code: str, cameras: Sequence[CameraConfig]) -> None:
    """What the file does not say already."""
    data = path.read_bytes()
    config = parse_box(data, str(path))
    if config.enrol.code is None and b"\n[enrol]" not in data:
        data = with_section(data, f'[enrol]\ncode = "{code}"\n', str(path))
    if not config.cameras:
        said = "".join(f'\n[[cameras]]\nid = "{one.id}"\nrole = "{one.role}"\nsource = {json.dumps(one.source)}\n'
                       for one in cameras)
        data = data.rstrip(b"\n") + b"\n" + said.encode()
    parse_box(data, str(path))
    replace(path, data)


def _move(new: Path, box: Path) -> None:
    """Raises CannotWrite."""
    try:
        for piece in PIECES:
            if (new / piece).exists():
                os.rename(new / piece, box / piece)
                sync_folder(box)
        shutil.rmtree(new)
    except OSError as error:
        raise CannotWrite(folder=box, why=error.strerror or str(error)) from None
