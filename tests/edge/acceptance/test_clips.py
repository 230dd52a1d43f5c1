"""Folders of clips: what is found, and everything that is wrong told at once before anything is measured."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.acceptance.clips import LONGEST_US, find_clips
from edge.acceptance.errors import ClipsRefused, NoClips, NoSpecies, OutsideSpecies, SameFolder
from edge.enrol.errors import Unreadable
from edge.errors import BadVideo, EmptyVideo

EVERY = 200_000


@pytest.fixture
def folders(tmp_path: Path, make_video: Callable[..., Path]) -> tuple[Path, Path]:
    """Two live presentations and two species, one of them with a clip."""
    live, attack = tmp_path / "live", tmp_path / "attack"
    for folder in (live / "p-1", attack / "phone", attack / "print" / "glossy"):
        folder.mkdir(parents=True)
    grey = np.full((48, 64, 3), 90, np.uint8)
    for file in (live / "a.png", live / "p-1" / "b.JPG", attack / "print" / "glossy" / "c.png"):
        cv2.imwrite(str(file), grey)
    make_video(attack / "phone" / "d.mp4", [grey] * 20, fps=10, gop=5)
    (live / "notes.txt").write_text("nothing to see")
    (live / ".hidden.png").write_bytes(b"")
    return live, attack


def test_clips_and_stills_are_found_with_their_species(folders: tuple[Path, Path]) -> None:
    told: list[tuple[int, int]] = []
    clips = find_clips(*folders, EVERY, lambda at, of: told.append((at, of)))
    assert [(clip.file.name, clip.species, clip.still) for clip in clips] == [
        ("a.png", None, True), ("b.JPG", None, True), ("d.mp4", "phone", False), ("c.png", "print", True)]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    times = [at_us for at_us, bgr in clips[2].pictures(EVERY) if bgr.shape == (48, 64, 3)]
    assert times == list(range(0, 2_000_000, EVERY)) and len(list(clips[0].pictures(EVERY))) == 1


def test_everything_that_is_wrong_is_told_at_once(folders: tuple[Path, Path]) -> None:
    live, attack = folders
    (live / "broken.mp4").write_bytes(b"no video at all")
    (live / "empty.mp4").write_bytes(b"")
    (live / "cut.png").write_bytes((live / "a.png").read_bytes()[:20])
    (attack / "mask").mkdir()
    (attack / "loose.mp4").write_bytes(b"")
    with pytest.raises(ClipsRefused) as refused:
        find_clips(live, attack, EVERY)
    assert sorted(type(problem).__name__ for problem in refused.value.problems) == sorted(
        each.__name__ for each in (BadVideo, EmptyVideo, Unreadable, NoClips, OutsideSpecies))
    assert all(name in str(refused.value) for name in ("broken.mp4", "empty.mp4", "cut.png", "mask", "loose.mp4"))


def test_folders_that_are_not_there_or_the_same(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    live, attack = folders

    def problems(*given: Path) -> set[type]:
        with pytest.raises(ClipsRefused) as refused:
            find_clips(*given, EVERY)
        return {type(problem) for problem in refused.value.problems}

    assert problems(tmp_path / "none", tmp_path / "neither") == {NoClips, NoSpecies}
    assert SameFolder in problems(live, live) and SameFolder in problems(tmp_path, attack)
    assert problems(live, live / "p-1") >= {SameFolder, NoSpecies}


def test_of_a_long_clip_the_beginning_counts(folders: tuple[Path, Path], make_video: Callable[..., Path]) -> None:
    live, attack = folders
    make_video(live / "long.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 70, fps=1, gop=10)
    clip = next(clip for clip in find_clips(live, attack, 5_000_000) if clip.file.name == "long.mp4")
    times = [at_us for at_us, _ in clip.pictures(5_000_000)]
    assert times[-1] <= LONGEST_US < 69_000_000 and len(times) == 13


def test_a_link_to_a_folder_is_not_followed(folders: tuple[Path, Path]) -> None:
    live, attack = folders
    (live / "again").symlink_to(live, target_is_directory=True)
    assert len(find_clips(live, attack, EVERY)) == 4
