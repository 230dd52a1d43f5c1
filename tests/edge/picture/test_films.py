"""Real encoders, real pictures: what breaks a stretch breaks it, and what does not does not."""
from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.picture.history import History
from edge.picture.measure import measure
from evidence.bodies import Likeness
from evidence.looped import Earlier
from evidence.reused import kept, telling
from tests.edge.picture.conftest import FLAGS, FPS, HEIGHT, WIDTH, Room, again, judged, kinds, looks_of, write_film
from tests.evidence.looking import EVERY_US, look

Film = Callable[..., Path]
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]


def between(first_s: int, after_s: int, then: Callable[[int], np.ndarray], else_: Callable[[int], np.ndarray]):
    return lambda number: then(number) if first_s * FPS <= number < after_s * FPS else else_(number)


def grey(image: np.ndarray) -> np.ndarray:
    return np.repeat(image[..., None].astype(np.float32), 3, 2)


def hand(room: Room) -> Callable[[int], np.ndarray]:
    """Skin before the lens: dim, red, darker towards a corner, with the noise of a sensor that turns up its gain."""
    light = 40 + 25 * np.exp(-((X - 150) ** 2 + (Y - 330) ** 2) / 90_000)
    skin = grey(light) * np.array([0.6, 0.7, 1.3], np.float32)
    return lambda number: room.noisy(room.noisy(skin, number), number + 3)


def paper(room: Room) -> Callable[[int], np.ndarray]:
    light = 190 - 50 * ((X - WIDTH / 2) ** 2 + (Y - HEIGHT / 2) ** 2) / (WIDTH**2 / 4 + HEIGHT**2 / 4)
    sheet = grey(light)
    return lambda number: room.noisy(sheet, number)


def test_a_class_and_an_empty_room_show_nothing_to_tell(film: Film, room: Room, empty_room: Room) -> None:
    assert kinds(film(80, room.people)) == []
    for crf in ("23", "36"):
        assert kinds(film(60, empty_room.still, crf=crf)) == []


@pytest.mark.long
def test_black_and_a_covered_lens(film: Film, room: Room) -> None:
    dark = np.full((HEIGHT, WIDTH, 3), 4.0, np.float32)
    cap = between(20, 50, lambda number: room.noisy(dark, number), room.people)
    assert kinds(film(72, cap)) == [("black", 24, 54)]
    for cover in (hand(room), paper(room)):
        assert kinds(film(72, between(20, 50, cover, room.people))) == [("covered", 24, 54)]


@pytest.mark.parametrize("options", [{"crf": "23"}, {"crf": "36"}, {"crf": "28", "gop": FPS}])
def test_a_camera_that_gives_one_picture_is_frozen_though_it_is_encoded_anew(
    film: Film, room: Room, options: dict[str, str]
) -> None:
    hung = between(20, 90, lambda number: room.people(20 * FPS), room.people)
    (what, start, end), = kinds(film(100, hung, **options))
    assert what == "frozen" and 20 <= start <= 52 and 88 <= end <= 92  # the encoder settles first


def test_a_camera_that_repeats_its_packets_is_frozen(film: Film, room: Room, tmp_path: Path) -> None:
    short = film(2, lambda number: room.people(7))
    assert [what for what, _, _ in kinds(again(short, tmp_path / "again.mp4", 40))] == ["frozen"]


@pytest.mark.long
def test_an_arc_haze_and_a_soft_lens_break_nothing(film: Film, room: Room) -> None:
    far = (X - 200) ** 2 + (Y - 150) ** 2
    glows = [grey(500 * np.exp(-far / (2 * (90 + 30 * size) ** 2))) for size in range(5)]

    def arc(number: int) -> np.ndarray:
        if number % 7 < 2:
            return room.people(number)
        return np.clip(room.people(number) * np.float32(0.8) + glows[number % 5], 0, 255).astype(np.uint8)

    def haze(number: int) -> np.ndarray:
        return room.noisy(room.people(number) * np.float32(0.2) + 150, number)

    def soft(number: int) -> np.ndarray:
        return cv2.GaussianBlur(room.people(number), (0, 0), 5)

    for make, mark in ((arc, "glare"), (haze, "smoke"), (soft, "defocus")):
        found = judged(looks_of(film(100, between(60, 90, make, room.people))))
        assert not any(one.breaks for one in found)
        assert mark in [one.what for one in found] or make is arc


def test_a_loop_of_the_same_bytes(film: Film, room: Room, tmp_path: Path) -> None:
    clip = film(33, room.people)
    (what, start, end), = kinds(again(clip, tmp_path / "again.mp4", 4))
    assert what == "looped" and 32 <= start <= 36 and end >= 130


def test_a_film_in_another_recording_is_found_by_its_keyframes_and_a_still_picture_is_not(
    film: Film, empty_room: Room, room: Room, tmp_path: Path
) -> None:
    """Yesterday's packets, cut 20 s off; a still room; one picture for ever, from two boxes of one make."""
    for make in (room.people, empty_room.still):
        first = film(70, make)
        cut = tmp_path / "cut.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", "20", "-i", str(first), "-c", "copy",
                        "-movflags", FLAGS, str(cut)], check=True)
        one, other = (telling(looks_of(path)[0].picture) for path in (first, cut))
        assert len(one) == 30 and len(one.keys() & other.keys()) >= 19
        assert set(kept(one)) & other.keys()
    assert telling(looks_of(film(70, lambda number: room.people(7)))[0].picture) == {}


@pytest.mark.long
def test_a_loop_that_is_encoded_again_in_another_size_and_rhythm(film: Film, room: Room, tmp_path: Path) -> None:
    clip = film(37, room.people)
    encoding = ("-vf", "scale=400:226", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "250k", "-threads", "1",
                "-x264-params", f"keyint={FPS}:min-keyint={FPS}:scenecut=0")
    found = kinds(again(clip, tmp_path / "again.mp4", 9, *encoding))
    assert {what for what, _, _ in found} == {"looped"}
    assert sum(end - start for _, start, end in found) >= 90 and all(start >= 37 for _, start, _ in found)


@pytest.mark.long
def test_yesterday_again_is_looped_and_another_day_in_the_same_room_is_not(
    room: Room, tmp_path: Path, pictures
) -> None:
    one = write_film(tmp_path / "one.mp4", (room.people(number) for number in range(100 * FPS)))
    same = again(one, tmp_path / "same.mp4", 1, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "33",
                 "-threads", "1", "-x264-params", f"keyint={2 * FPS}:min-keyint={2 * FPS}:scenecut=0")
    others = Room(pictures.group, 2)
    other = write_film(tmp_path / "other.mp4", (others.people(number) for number in range(100 * FPS)))
    history = History()
    monday = looks_of(one, history, "r-1")
    tuesday, wednesday = (looks_of(path, history, run, day * 86_400_000_000)
                          for day, path, run in ((1, other, "r-2"), (2, same, "r-3")))
    earlier = Earlier([*monday, *tuesday, *wednesday])
    assert judged(monday, earlier) == [] and judged(tuesday, earlier) == []
    assert [one.what for one in judged(wednesday, earlier)] == ["looped"]


REAL = ("classroom-ceiling.mp4", "family-dinner.mp4", "arcade.mp4", "one-by-one.mp4", "live/*.mp4", "../spoof/*.mp4")


@pytest.mark.long
def test_no_real_film_breaks(shared: Path, tmp_path: Path) -> None:
    films = [path for pattern in REAL for path in sorted((shared / "data" / "video").glob(pattern))]
    assert len(films) >= 12
    broken = {}
    for path in films:
        found = [one for one in judged(looks_of(again(path, tmp_path / "real.mp4", 1))) if one.breaks]
        if found:
            broken[path.name] = found
    assert broken == {}


@pytest.mark.long
def test_real_films_that_are_repeated_are_looped(shared: Path, tmp_path: Path) -> None:
    video = shared / "data" / "video"
    same = again(video / "one-by-one.mp4", tmp_path / "same.mp4", 2)
    (what, start, end), = kinds(same)
    assert what == "looped" and 138 <= start <= 142 and end >= 270
    encoding = ("-vf", "scale=-2:180", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-threads", "1",
                "-x264-params", "keyint=40:min-keyint=40:scenecut=0")
    anew = kinds(again(video / "classroom-ceiling.mp4", tmp_path / "anew.mp4", 30, *encoding))
    assert {what for what, _, _ in anew} == {"looped_like"}, "little of the picture moves: it might be a screen"


@pytest.fixture(scope="module")
def real_class(shared: Path) -> list[np.ndarray]:
    """Luma, uint8 (height, width), of every picture of a film of a class."""
    with av.open(str(shared / "data" / "video" / "classroom-ceiling.mp4")) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


@pytest.mark.parametrize(("share", "slides"), [(0.27, 12), (0.27, 8), (0.5, 12), (0.6, 12)])
def test_a_screen_that_repeats_itself_before_a_real_class_breaks_nothing(
    real_class: list[np.ndarray], share: float, slides: int
) -> None:
    """Real pictures of a class, each used once, with a screen that shows so many slides again and again."""
    chance = np.random.default_rng(slides)
    high, wide = real_class[0].shape
    size = int(wide * share), int(high * share)
    shown = [cv2.resize(chance.integers(80, 220, (3, 4)).astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
             for _ in range(slides)]
    samples = []
    for at, number in enumerate(chance.permutation(len(real_class))[:96]):
        image = real_class[number].astype(np.float32)
        image[20:20 + size[1], 80:80 + size[0]] = shown[at % slides]
        luma = np.clip(image + chance.normal(0, 2, image.shape), 16, 235).astype(np.uint8)
        planes = np.vstack([luma, np.full((high // 2, wide), 128, np.uint8)])
        samples.append(measure(av.VideoFrame.from_ndarray(planes, format="yuv420p"), at * EVERY_US, None))
    like = Likeness("r-1", slides * EVERY_US)
    looks = [look(samples[at:at + 12], first_us=at * EVERY_US, like=like) for at in range(0, 96, 12)]
    assert not any(one.breaks for one in judged(looks))
