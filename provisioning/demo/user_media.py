"""A user's own video and gallery, played through the demo's course: `make demo VIDEO=… GALLERY=…`."""
from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from edge.enrol.errors import OddPhoto, PhotosRefused, SamePerson
from edge.enrol.photos import describe_photos
from edge.enrol.same import odd_ones, same_limit
from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.look_alikes import look_alikes
from edge.vision.pack import load_pack
from evidence.errors import BadInput, ZaitangError
from provisioning.demo import day, film, media

PHOTO_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
LONGEST_S = 600
"""No more of the user's video is used; it is played again from its beginning."""


class BadVideo(BadInput):
    text = "{file} cannot be read as a video: {why}"


class BadGallery(BadInput):
    text = "{folder} is not a gallery: {why}. It needs one photo or one folder of photos per person"


def people_of(gallery: Path) -> dict[str, list[Path]]:
    """Photos by name: one file or one folder per person. Raises BadGallery."""
    if not gallery.is_dir():
        raise BadGallery(folder=gallery, why="there is no such folder")
    found: dict[str, list[Path]] = {}
    for entry in sorted(gallery.iterdir()):
        photos = sorted(entry.iterdir()) if entry.is_dir() else [entry]
        photos = [photo for photo in photos if photo.suffix.lower() in PHOTO_ENDINGS]
        if photos and entry.stem in found:
            raise BadGallery(folder=gallery, why=f"{entry.stem} is there twice")
        if photos:
            found[entry.stem] = photos
    if not found:
        raise BadGallery(folder=gallery, why="no photo is in it")
    if len(found) > 80:
        raise BadGallery(folder=gallery, why="a class has at most 80 people")
    return found


def with_usable_photos(
    people: dict[str, list[Path]], left_out: Callable[[str, ZaitangError], None],
) -> dict[str, list[Path]]:
    """Those whom the demo's pack can enrol; the others are told to `left_out` with the reason. Raises BadGallery."""
    pack = load_pack("builtin")
    templates: dict[str, np.ndarray] = {}
    for name, photos in people.items():
        try:
            templates |= describe_photos(pack, {name: photos}, strict=True).templates
        except PhotosRefused as refused:
            left_out(name, refused.problems[0])
    gallery = Gallery(pack, templates)
    limit = same_limit(pack, calibrate(pack, gallery).ppm)
    for name in [name for name, vectors in templates.items() if odd_ones(pack, vectors, limit) is not None]:
        odd = odd_ones(pack, templates.pop(name), limit)
        assert odd is not None
        left_out(name, OddPhoto(file=f"{name}/{people[name][odd.pictures[0]].name}", other=name))
    gallery = Gallery(pack, templates)
    for pair in look_alikes(gallery, calibrate(pack, gallery).ppm):
        if pair.one in templates and templates.pop(pair.other, None) is not None:
            left_out(pair.other, SamePerson(file=pair.other, other=pair.one))
    usable = {name: photos for name, photos in people.items() if name in templates}
    if not usable:
        raise BadGallery(folder=next(iter(people.values()))[0].parent, why="no photo shows exactly one face")
    return usable


def prepare(folder: Path, video: Path, people: dict[str, list[Path]], lang: str) -> media.Media:
    """Films of the user's video for each half-day, again and again in another light (the box would find a mere
    repetition), with the hole of the opening; a gallery by pseudonym. Raises BadVideo, BadGallery."""
    made, mark = media.paths(folder), folder / "complete.json"
    recipe = {"digest": _digest(video, people)}
    if mark.is_file() and json.loads(mark.read_text()) == recipe:
        return made
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    portraits = write_gallery(people, made.gallery)
    unit = folder / "unit.mp4"
    _unit(video, unit)
    parts = {h.name: folder / f"part-{h.name}.mp4" for h in day.COURSE}
    media.half_day_by_half_day(_lit, {name: (part, unit) for name, part in parts.items()}, lang)
    film.join(made.room, [(parts[h.name], media.room_span(h)[0]) for h in day.COURSE], media.camera_on)
    for part in parts.values():
        part.unlink()
    visit = folder / "visit.mp4"
    each = max(8 * media.TERMINAL_STEP_S, min(day.CHECK_IN_EACH_S, 3900 / len(portraits) - day.CHECK_IN_PAUSE_S))
    film.terminal_film(visit, portraits, each, media.TERMINAL_STEP_S, empty_s=0)
    film.join(made.terminal, [(visit, media.terminal_offset(h)) for h in day.COURSE])
    mark.write_text(json.dumps(recipe))
    return made


def _digest(video: Path, people: dict[str, list[Path]]) -> str:
    try:
        files = [video, *itertools.chain.from_iterable(people.values())]
        facts = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    except OSError as error:
        raise BadVideo(file=video, why=error.strerror) from None
    return hashlib.sha256(repr((media.FORMAT, facts)).encode()).hexdigest()


def write_gallery(people: dict[str, list[Path]], folder: Path) -> list[np.ndarray]:
    """A folder of at most five photos per person; the first photo of each, uint8 BGR. Raises BadGallery."""
    portraits = []
    for name, photos in people.items():
        own = folder / name
        own.mkdir(parents=True)
        images = list[np.ndarray]()
        for photo in photos[:5]:
            image = cv2.imread(str(photo))
            if image is None:
                raise BadGallery(folder=folder, why=f"{photo.name} cannot be read as a picture")
            images.append(image)
        for index, image in enumerate(images):
            cv2.imwrite(str(own / f"{index + 1}.png"), image)
        portraits.append(images[0])
    return portraits


def _lit(half_day: day.HalfDay, path: Path, unit: Path, tick: Callable[[int], None]) -> None:
    """One half-day of the user's video."""
    start, end = media.room_span(half_day)

    def frames() -> Iterator[tuple[float, np.ndarray]]:
        light: film.Light | None = None
        for number, image in enumerate(itertools.islice(_again(unit), round((end - start) * media.FPS))):
            light = light or film.Light(round(half_day.presses[0].timestamp()), image.shape)
            yield number / media.FPS, light.on(image, number / media.FPS)
            tick(1)

    made = frames()
    first = next(made)
    film.write(path, itertools.chain([first], made), first[1].shape, keyframe_every=5 * media.FPS)


def _again(unit: Path) -> Iterator[np.ndarray]:
    """The pictures of a film, from its beginning again after its end."""
    while True:
        with av.open(str(unit)) as source:
            for frame in source.decode(video=0):
                yield frame.to_ndarray(format="bgr24")


def _unit(video: Path, path: Path) -> None:
    """The user's video at the demo's frame rate and at most 1280 pixels wide."""
    try:
        with av.open(str(video), timeout=10) as source:
            frames = _thinned(source)
            first = next(frames)
            film.write(path, itertools.chain([first], frames), first[1].shape, keyframe_every=5 * media.FPS)
    except StopIteration:
        raise BadVideo(file=video, why="there is no picture in it") from None
    except (OSError, av.FFmpegError, IndexError, ValueError) as error:
        raise BadVideo(file=video, why=(isinstance(error, OSError) and error.strerror) or "broken") from None


def _thinned(source: av.container.InputContainer) -> Iterator[tuple[float, np.ndarray]]:
    due, step, origin = 0.0, 1 / media.FPS, None
    for frame in source.decode(video=0):
        if frame.time is None:
            continue
        origin = frame.time if origin is None else origin
        at = frame.time - origin
        if at > LONGEST_S:
            return
        if at + 1e-6 >= due:
            width = min(1280, frame.width) // 2 * 2
            height = round(frame.height * width / frame.width) // 2 * 2
            yield due, frame.reformat(width=width, height=height, format="bgr24").to_ndarray()
            due += step
