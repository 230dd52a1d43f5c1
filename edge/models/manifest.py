"""The manifest of a model pack: files with hashes, licence, preprocessing, thresholds; read strictly from TOML."""
from __future__ import annotations

import dataclasses
import importlib.resources
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from edge.errors import NotToml
from edge.models.errors import NoSuchPack
from evidence.canonical import canonical, sha256_hex
from evidence.errors import BadShape
from evidence.records import Id, Sha256
from evidence.shape import Between, Match, decode, encode

MAX_BYTES = 1 << 16
Px = Annotated[int, Between(1, 16384)]
Ppm = Annotated[int, Between(-1_000_000, 1_000_000)]


@dataclasses.dataclass(frozen=True)
class ModelFile:
    """One file of a pack. It comes from the mirror, else from `url`, or lies `inside` an installed Python `package`."""

    role: Literal["detector", "landmarks", "identity", "liveness", "challenge", "person"]
    name: Annotated[str, Match(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "a plain file name")]
    sha256: Sha256
    size: Annotated[int, Between(1, 1 << 30)]
    url: Annotated[str, Match(r"https://\S+", "an https address")] | None = None
    package: str | None = None
    inside: str | None = None


@dataclasses.dataclass(frozen=True)
class Preprocess:
    """How pictures reach the detector. `*_face_px`: the narrowest face that each use looks for, in picture pixels;
    it is scaled to `detector_px`. `longest_side_px` bounds the scaled picture, `shrink_px` where faces are near."""

    detector_px: Px
    detector_score_ppm: Ppm
    terminal_face_px: Px
    room_face_px: Px
    photo_face_px: Px
    longest_side_px: Px
    aligned_px: Px
    shrink_px: Px | None = None

    @property
    def room_side_px(self) -> int:
        """How long the sides of a picture of a room may be for its narrowest faces to reach the detector's size."""
        return max(1, self.longest_side_px * self.room_face_px // self.detector_px)


@dataclasses.dataclass(frozen=True)
class Similarity:
    """When two faces are the same person. Faces narrower than `min_face_px` are counted, never identified. `same_ppm`:
    what `threshold_ppm` is for two groups of pictures of one enrolment, where a pack needs another limit there."""

    measure: Literal["cosine", "one_minus_distance"]
    threshold_ppm: Ppm
    margin_ppm: Ppm
    min_face_px: Px
    source: str
    same_ppm: Ppm | None = None


@dataclasses.dataclass(frozen=True)
class Calibration:
    """From `min_people` enrolled people on, the threshold is taken from them, between `low_ppm` and `high_ppm`."""

    min_people: Annotated[int, Between(3, 10_000)]
    low_ppm: Ppm
    high_ppm: Ppm


@dataclasses.dataclass(frozen=True)
class Passive:
    """Passive liveness. `crop_scales_ppm`: how much each liveness file sees, in sizes of the face's box, in the order
    of the files; faces smaller than `min_face_px` are not scored. `probe_ppm`: what each must say of the probe."""

    crop_scales_ppm: tuple[Annotated[int, Between(1_000_000, 16_000_000)], ...]
    min_face_px: Px
    probe_ppm: tuple[Annotated[int, Between(0, 1_000_000)], ...]


@dataclasses.dataclass(frozen=True)
class People:
    """The person detector. `score_ppm`: how sure it must be of a person. `probe_ppm`: what it must say of the probe;
    none where its file was never tried here."""

    score_ppm: Annotated[int, Between(1, 1_000_000)]
    probe_ppm: Annotated[int, Between(0, 1_000_000)] | None = None


@dataclasses.dataclass(frozen=True)
class Execution:
    """Where inference may run, best first."""

    providers: tuple[Literal["cpu", "cuda", "tensorrt"], ...]


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One pack. `shipped`: an installed box may use it; `commercial`: its licence lets an institution that charges."""

    id: Id
    title: str
    engine: Literal["dlib", "yunet_mobilefacenet", "yunet_sface", "insightface"]
    licence: str
    commercial: bool
    shipped: bool
    liveness: Literal["none", "passive"]
    files: tuple[ModelFile, ...]
    preprocess: Preprocess
    similarity: Similarity
    calibration: Calibration
    execution: Execution
    passive: Passive | None = None
    people: People | None = None
    accepted: str = ""
    """Who accepted the licence for the institution, where it brings the models: see `Brought`."""

    @property
    def sha256(self) -> str:
        """What records name as the pack: a hash over all that changes a score (addresses and titles do not)."""
        files = [{"role": file.role, "sha256": file.sha256} for file in self.files]
        rest = {name: encode(getattr(self, name)) for name in ("id", "engine", "preprocess", "liveness")}
        if self.passive is not None:
            rest["passive"] = encode(self.passive)
        if self.people is not None:
            rest["people"] = encode(self.people)
        return sha256_hex(canonical({**rest, "files": files, "measure": self.similarity.measure}))

    def file(self, role: str) -> ModelFile:
        """The first file of a role. Raises BadShape when the manifest names none."""
        for file in self.all(role):
            return file
        raise BadShape(where=f"{self.id}.toml", key="files", why=f"no file has the role {role}")

    def all(self, role: str) -> tuple[ModelFile, ...]:
        """The files of a role, in their order."""
        return tuple(file for file in self.files if file.role == role)


@dataclasses.dataclass(frozen=True)
class Brought:
    """What an institution writes beside models of its own (`zaitang-edge models bring` does): detector and identity
    with their hashes, and who accepted their licence."""

    accepted: Annotated[str, Match(r"\S(.{0,198}\S)?", "who accepted the licence")]
    files: tuple[ModelFile, ...]


def with_brought(manifest: Manifest, data: bytes, where: str) -> Manifest:
    """The manifest with the institution's files (TOML of a `Brought`) in place of its own. Raises BadShape."""
    brought = decode(Brought, _toml(data, where), where, strict=True)
    roles = [file.role for file in brought.files]
    if sorted(roles) != ["detector", "identity"] or any(file.url or file.package for file in brought.files):
        raise BadShape(where=where, key="files", why="one detector and one identity are needed, each a local file")
    kept = tuple(file for file in manifest.files if file.role not in roles)
    return dataclasses.replace(manifest, files=(*brought.files, *kept), accepted=brought.accepted)


def pack_ids() -> list[str]:
    """The packs that have a manifest, in alphabetical order."""
    entries = importlib.resources.files("models").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))


def load_manifest(pack: str, env: Mapping[str, str] = os.environ) -> Manifest:
    """The manifest of a pack; of one that the institution brings, with the files that it names.

    Raises NoSuchPack, or BadShape naming file and key.
    """
    if pack not in pack_ids():
        raise NoSuchPack(pack=pack, packs=", ".join(pack_ids()))
    data = importlib.resources.files("models").joinpath(f"{pack}.toml").read_bytes()
    manifest = parse_manifest(data, f"{pack}.toml")
    mirror = env.get("ZAITANG_MODEL_MIRROR")
    beside = Path(mirror, f"{pack}.toml") if mirror and manifest.engine == "insightface" else None
    return with_brought(manifest, _beginning(beside), str(beside)) if beside and beside.is_file() else manifest


def _beginning(path: Path) -> bytes:
    """As much of a file as a manifest may have. Raises BadShape."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise BadShape(where=str(path), key="(whole)", why=error.strerror or str(error)) from None


def parse_manifest(data: bytes, where: str) -> Manifest:
    """A manifest from TOML bytes. Raises BadShape naming `where` and the key."""
    manifest = decode(Manifest, _toml(data, where), where, strict=True)
    _check_liveness(manifest, where)
    if len(manifest.all("person")) != (manifest.people is not None):
        raise BadShape(where=where, key="people", why="one file with the role person and a table [people], or neither")
    return manifest


def _toml(data: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # of numbers with thousands of digits, too, and of deep nesting
        raise BadShape(where=where, key="(whole)", why=NotToml(why=str(error))) from None


def _check_liveness(manifest: Manifest, where: str) -> None:
    """Passive liveness needs its files, and for each a scale and an answer to the probe. Raises BadShape."""
    files, passive = len(manifest.all("liveness")), manifest.passive
    told = (len(passive.crop_scales_ppm), len(passive.probe_ppm)) if passive else (0, 0)
    if told != (files, files) or (manifest.liveness == "passive") != (files > 0):
        raise BadShape(where=where, key="passive", why=f"{files} liveness files, {told[0]} scales, {told[1]} probes")
