"""The pictures behind a roll call: which sights are kept, how they are sealed and opened again.

`Track.proof` is the SHA-256 of one sealed picture as it lies in its file. The file is whole and durable before the
record that names its pictures, and a note in the database names it until then: what a kill leaves between the two is
gone at the next look. Who writes and who erases take turns by a lock, so no picture comes after its person's erasure.
"""
from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import cv2
import numpy as np
from cryptography.exceptions import InvalidTag

from common.logs import Log
from edge.child import only_one
from edge.errors import CannotWrite, VolumeFull, WrongVolume
from edge.keys import decrypt, encrypt
from edge.rollcall.crops import Crop
from edge.rollcall.errors import FacesChanged
from edge.storage.proofs import FOLDER, WRITING, clear, file_name, files_of, packed, places, read_file, token
from edge.storage.volume import Volume
from edge.store import Store
from evidence.bodies import RollCall, Track
from evidence.rollcall import name_tracks

UNNAMED = 12
"""Pictures of a segment that are kept of faces without a name: those that were in view longest."""
QUALITY = 85
"""Of the JPEG."""
WAIT_S = 120.0
"""Real seconds that whoever erases may take before a roll call begins anew."""


def chosen(tracks: Sequence[Track], threshold_ppm: int, margin_ppm: int) -> frozenset[int]:
    """Which tracks of one segment keep their picture, by index: the best match of everybody who is named, and of the
    faces without a name those that were in view in the most frames."""
    index = {id(track): number for number, track in enumerate(tracks)}
    people: dict[str, list[Track]] = defaultdict(list)
    unnamed = []
    for named in name_tracks(tracks, threshold_ppm, margin_ppm):
        if named.person is None:
            unnamed.append(named.track)
        else:
            people[named.person].append(named.track)
    best = [max(found, key=_score) for found in people.values()]
    longest = sorted(unnamed, key=lambda track: (-track.frames, -track.face_px))[:UNNAMED]
    return frozenset(index[id(track)] for track in (*best, *longest))


def _score(track: Track) -> int:
    return track.best.score_ppm if track.best else -1


class Proofs:
    """`folder`: the first volume's. `volume`: opens it for writing; raises WrongVolume, CannotWrite. `key`: the data
    key of the box. `lock`: the file by which whoever writes and whoever erases take turns."""

    def __init__(self, folder: Path, volume: Callable[[], Volume], key: bytes, lock: Path) -> None:
        self.folder, self._volume, self._key, self._lock = folder / FOLDER, volume, key, lock
        self._log = Log("rollcall.proofs")

    def state(
        self, store: Store, file: str, call: RollCall, crops: Sequence[Crop | None], erasures: int,
    ) -> None:
        """Append a roll call of the segment `file`, its pictures first. `crops`: one for each of its tracks or
        None. `erasures`: how many were asked for when its faces were read.

        Where the volume takes no pictures the record says so by naming none: the video is there to be looked at.
        Raises FacesChanged when a face was erased meanwhile, AlreadyRunning, StoreBusy."""
        with only_one(self._lock, "proofs", WAIT_S):
            if store.erasures_asked() != erasures:
                raise FacesChanged
            pieces = self._sealed(call, crops)
            name = f"{call.run}/{file_name(file, call)}"
            if pieces and self._written(store, name, list(pieces.values())):
                proofs = {index: hashlib.sha256(piece).hexdigest() for index, piece in pieces.items()}
                tracks = (dataclasses.replace(t, proof=proofs.get(n)) for n, t in enumerate(call.tracks))
                store.put_note(WRITING, "", [("rollcall", dataclasses.replace(call, tracks=tuple(tracks)))])
            else:
                store.append("rollcall", call)

    def pictures(self, call: RollCall, wanted: Collection[str]) -> dict[str, np.ndarray]:
        """Those pictures of a roll call that are here: proof → BGR uint8. Raises OSError."""
        found = {}
        name = token(call.segment, call.pack_sha256, call.class_id, call.gallery)
        for path in files_of(self.folder / call.run, [name]):
            data = read_file(path)
            for at, length in places(data):
                piece = data[at : at + length]
                proof = hashlib.sha256(piece).hexdigest()
                picture = self._opened(piece, call) if proof in wanted else None
                if picture is not None:
                    found[proof] = picture
        return found

    def _sealed(self, call: RollCall, crops: Sequence[Crop | None]) -> dict[int, bytes]:
        """Index of the track → its sealed picture, for those that are kept."""
        found = {}
        for index in sorted(chosen(call.tracks, call.threshold_ppm, call.margin_ppm)):
            crop = crops[index] if index < len(crops) else None
            if crop is None or not crop.bgr.size:
                continue
            done, jpeg = cv2.imencode(".jpg", crop.bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            if done:
                found[index] = encrypt(self._key, jpeg.tobytes(), _label(call))
        return found

    def _written(self, store: Store, name: str, pieces: list[bytes]) -> bool:
        try:
            volume, data = self._volume(), packed(pieces)
            volume.check_room(len(data))
            clear(store, self.folder)
            store.put_note(WRITING, name)
            volume.write(FOLDER, name, data)
        except (WrongVolume, CannotWrite, VolumeFull, OSError) as error:
            self._log.failed("proofs.left_out", error)
            return False
        return True

    def _opened(self, piece: bytes, call: RollCall) -> np.ndarray | None:
        try:
            jpeg = decrypt(self._key, piece, _label(call))
        except (InvalidTag, ValueError):
            return None
        return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def _label(call: RollCall) -> str:
    return f"proof/{call.class_id}/{call.segment}"

