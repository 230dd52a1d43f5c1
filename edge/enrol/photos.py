"""Reads a folder of photographs, one file or one folder per person, into one face description per photo."""
from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from edge.enrol.errors import NoFace, NoPhotos, PersonTwice, PhotosRefused, SeveralFaces, TooLarge, Unreadable
from edge.enrol.look import BYSTANDER, aligned
from edge.vision.pack import Face, Pack
from edge.vision.quality import shot_quality
from evidence.errors import BadInput

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")
MAX_MB = 40
MAX_PIXELS = 120_000_000
LONGEST_SIDES = 20
"""A picture whose one side is longer than so many times the other shows nobody, and costs gigabytes to look at."""
PAD = 0.3
"""A face that fills the whole picture is found once it gets a border of this share of the longer side, at most as wide
as the shorter one."""


def photo_files(folder: Path) -> dict[str, list[Path]]:
    """Picture files by person: the stem of a file, or the name of a folder. Raises NoPhotos, PhotosRefused."""
    people: dict[str, list[Path]] = {}
    problems: list[BadInput] = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        name = entry.name if entry.is_dir() else entry.stem
        files = sorted(filter(_is_photo, entry.iterdir())) if entry.is_dir() else [entry] if _is_photo(entry) else []
        if files and name in people:
            problems.append(PersonTwice(file=entry.name, name=name))
        elif files:
            people[name] = files
    if problems:
        raise PhotosRefused(problems)
    if not people:
        raise NoPhotos(folder=str(folder))
    return people


@dataclasses.dataclass(frozen=True)
class Described:
    """Templates (n, d) by person, one row per photo; the crop of the best photo by person, as `look.aligned` makes it;
    `skipped`: what was wrong with photos that were left out."""

    templates: dict[str, np.ndarray]
    crops: dict[str, np.ndarray]
    skipped: tuple[BadInput, ...]


def describe_photos(
    pack: Pack, people: Mapping[str, list[Path]], strict: bool, done: Callable[[], object] = lambda: None
) -> Described:
    """Describe everybody's photos. `strict` (enrolment): one bad photo refuses all, and a face beside the person's is
    bad. Otherwise (a gallery for measurements) a person needs one good photo, and the face in the middle is meant.

    `done` is called after each photo. Raises PhotosRefused with every problem at once.
    """
    templates: dict[str, np.ndarray] = {}
    crops: dict[str, np.ndarray] = {}
    problems: list[BadInput] = []
    skipped: list[BadInput] = []
    for name, files in people.items():
        rows, bad, best = [], [], -1.0
        for file in files:
            try:
                bgr, face = face_in(pack, file, strict)
                rows.append(pack.embed(bgr, face))
                if (quality := shot_quality(bgr, face)) > best:
                    best, crops[name] = quality, aligned(pack, bgr, face)
            except BadInput as error:
                bad.append(error)
            done()
        (skipped if rows and not strict else problems).extend(bad)
        if rows:
            templates[name] = np.stack(rows)
    if problems:
        raise PhotosRefused(problems)
    return Described(templates, crops, tuple(skipped))


def describe(pack: Pack, file: Path, strict: bool) -> np.ndarray:
    """The description (d,) of the one face in a photo. Raises Unreadable, TooLarge, NoFace, SeveralFaces."""
    return pack.embed(*face_in(pack, file, strict))


def face_in(pack: Pack, file: Path, strict: bool) -> tuple[np.ndarray, Face]:
    """The photo, BGR uint8, perhaps with a border, and the one face in it. Raises as `describe`."""
    bgr = read_photo(file)
    faces = pack.detect(bgr, "photo")
    if not faces:
        border = min(round(PAD * max(bgr.shape[:2])), *bgr.shape[:2])
        bgr = cv2.copyMakeBorder(bgr, border, border, border, border, cv2.BORDER_REPLICATE)
        faces = pack.detect(bgr, "photo")
    return bgr, _the_one(faces, bgr, file, strict)


def read_photo(file: Path) -> np.ndarray:
    """The picture, BGR uint8, turned upright by its EXIF mark. Raises Unreadable, TooLarge."""
    megabytes = -(-file.stat().st_size // 1_000_000)
    if megabytes > MAX_MB:
        raise TooLarge(file=label(file), megabytes=megabytes, limit=MAX_MB)
    try:
        _check_size(file)
        bgr = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Unreadable(file=label(file)) from None
    if bgr is None or bgr.shape[0] * bgr.shape[1] > MAX_PIXELS or min(bgr.shape[:2]) < 8 or _is_thin(*bgr.shape[:2]):
        raise Unreadable(file=label(file))
    return bgr


def _check_size(file: Path) -> None:
    """Refuse a small file that would be a huge picture before OpenCV makes room for it; Pillow reads the head alone.

    Raises what Pillow raises, and ValueError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage in a head: OpenCV decides whether it is a picture
        with Image.open(file, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS or _is_thin(picture.width, picture.height):
                raise ValueError("too many pixels, or too thin")


def _is_thin(width: int, height: int) -> bool:
    return max(width, height) > LONGEST_SIDES * min(width, height)


def label(file: Path) -> str:
    """How a photo is named to people: with its folder, because many folders hold a 1.png."""
    return f"{file.parent.name}/{file.name}"


def _the_one(faces: list[Face], bgr: np.ndarray, file: Path, strict: bool) -> Face:
    if not faces:
        raise NoFace(file=label(file))
    near = [face for face in faces if face.width_px >= BYSTANDER * faces[0].width_px]
    if len(near) == 1:
        return near[0]
    middle = [face for face in near if _holds_middle(face, bgr)]
    if strict or len(middle) != 1:
        raise SeveralFaces(file=label(file), count=len(near))
    return middle[0]


def _holds_middle(face: Face, bgr: np.ndarray) -> bool:
    x, y, width, height = face.box
    return bool(x <= bgr.shape[1] / 2 <= x + width and y <= bgr.shape[0] / 2 <= y + height)


def _is_photo(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
