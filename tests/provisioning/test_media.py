"""The films of the demo: time as planned, holes where the camera was unplugged, bad input in words."""
from __future__ import annotations

import multiprocessing
import signal
import time
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from common.policies import load_policy
from provisioning.demo import day, film, media, user_media


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Thirty seconds of a moving square, two frames a second."""
    def frames() -> list[tuple[float, np.ndarray]]:
        pictures = []
        for number in range(60):
            image = np.full((60, 80, 3), 90, np.uint8)
            cv2.rectangle(image, (number // 2, 20), (number // 2 + 15, 40), (0, 200, 255), -1)
            pictures.append((number / 2, image))
        return pictures

    path = tmp_path / "clip.mp4"
    film.write(path, frames(), (60, 80, 3), keyframe_every=10)
    return path


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Two people: one as a file, one as a folder."""
    folder = tmp_path / "gallery"
    (folder / "王芳").mkdir(parents=True)
    picture = np.full((100, 100, 3), 120, np.uint8)
    cv2.imwrite(str(folder / "王芳" / "1.png"), picture)
    cv2.imwrite(str(folder / "李伟.jpg"), picture)
    return folder


def times(path: Path) -> list[float]:
    """Presentation times of a film in seconds."""
    with av.open(str(path)) as container:
        return [float(p.pts * p.time_base) for p in container.demux(video=0) if p.pts is not None]


@pytest.mark.long
def test_a_users_video_fills_the_course_and_has_its_hole(
    tmp_path: Path, clip: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(day, "COURSE", day.COURSE[:2])
    people = user_media.people_of(gallery)
    assert sorted(people) == ["李伟", "王芳"]
    made = user_media.prepare(tmp_path / "out", clip, people, "en")
    shown = times(made.room)
    assert shown == sorted(set(shown))
    opening = day.COURSE[0]
    assert opening.hole is not None
    start, end = ((edge - day.SWITCHED_ON).total_seconds() for edge in opening.hole)
    assert not [at for at in shown if start <= at < end]
    for half_day in day.COURSE:
        begins, ends = media.room_span(half_day)
        inside = [at for at in shown if begins <= at < ends]
        assert inside[0] == begins and inside[-1] > ends - 2
    assert not [at for at in shown if not media.camera_on(at)]
    assert sorted(path.name for path in made.gallery.iterdir()) == ["李伟", "王芳"]


def test_everybody_has_time_to_check_in_before_each_half_day() -> None:
    """As long before the first class-hour as the policy lets a check-in count, and after the half-day before it."""
    before = timedelta(minutes=load_policy("demo").block.checkin_before_min.value)
    for earlier, half_day in zip((None, *day.COURSE), day.COURSE, strict=False):
        assert half_day.hours[0] - before < half_day.check_in
        assert half_day.check_in + 7 * timedelta(seconds=day.VISIT_S) <= half_day.hours[0]
        assert earlier is None or earlier.presses[1] + timedelta(minutes=9) < half_day.check_in


@pytest.mark.long
def test_the_second_start_finds_the_films(
    tmp_path: Path, clip: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(day, "COURSE", day.COURSE[1:2])
    people = user_media.people_of(gallery)
    first = user_media.prepare(tmp_path / "out", clip, people, "en").room.stat().st_mtime_ns
    assert user_media.prepare(tmp_path / "out", clip, people, "en").room.stat().st_mtime_ns == first


@pytest.mark.parametrize("content", [b"", b"no video at all", bytes(range(256)) * 64])
def test_what_is_no_video_is_one_sentence(tmp_path: Path, gallery: Path, content: bytes) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    with pytest.raises(user_media.BadVideo, match=r"broken\.mp4"):
        user_media.prepare(tmp_path / "out", broken, user_media.people_of(gallery), "en")
    assert not (tmp_path / "out" / "complete.json").exists()


def test_a_missing_video_is_one_sentence(tmp_path: Path, gallery: Path) -> None:
    with pytest.raises(user_media.BadVideo, match="No such file"):
        user_media.prepare(tmp_path / "out", tmp_path / "none.mp4", user_media.people_of(gallery), "en")


def test_an_empty_gallery_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(user_media.BadGallery, match="no photo"):
        user_media.people_of(tmp_path)
    with pytest.raises(user_media.BadGallery, match="no such folder"):
        user_media.people_of(tmp_path / "none")


def test_one_name_twice_is_one_sentence(gallery: Path) -> None:
    cv2.imwrite(str(gallery / "李伟.png"), np.zeros((50, 50, 3), np.uint8))
    with pytest.raises(user_media.BadGallery, match="李伟 is there twice"):
        user_media.people_of(gallery)


def test_a_photo_that_is_none_is_named(tmp_path: Path, clip: Path, gallery: Path) -> None:
    (gallery / "李伟.jpg").write_bytes(b"not a picture")
    with pytest.raises(user_media.BadGallery, match=r"李伟\.jpg"):
        user_media.prepare(tmp_path / "out", clip, user_media.people_of(gallery), "en")


def test_the_light_in_the_room_is_never_the_same_again() -> None:
    grey = np.full((72, 128, 3), 120, np.uint8)
    days = [film.Light(seed, grey.shape) for seed in (1, 2)]
    shown = [[light.on(grey, at).astype(int) for at in range(0, 600, 5)] for light in days]
    assert all(abs(picture - 120).max() < 60 for light in shown for picture in light)
    pictures = [*shown[0], *shown[1]]
    apart = [abs(one - other).mean() for number, one in enumerate(pictures) for other in pictures[number + 12:]]
    assert min(apart) > 2
    again = film.Light(1, grey.shape)
    assert all((again.on(grey, 5 * number) == picture).all() for number, picture in enumerate(shown[0]))


def never_ends(*_: object) -> None:
    time.sleep(600)


def test_a_demo_that_is_ended_does_not_wait_for_its_films(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    monkeypatch.setattr(media, "_drain", ended)
    with pytest.raises(SystemExit):
        media.half_day_by_half_day(never_ends, {half_day.name: () for half_day in day.COURSE}, "en")
    assert multiprocessing.active_children() == []
