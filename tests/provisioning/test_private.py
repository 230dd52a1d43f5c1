"""Faces and names of the demo are for the owner's eyes: films, photos, whatever a process of it writes."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from provisioning.demo import film, private

ROOT = Path(__file__).parents[2]


def open_to_others(folder: Path) -> list[str]:
    """What in the folder others may read, write or enter."""
    found = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    return [str(path) for path in found if path.stat().st_mode & 0o077]


@pytest.mark.long
def test_a_users_photos_and_films_are_the_owners_alone(tmp_path: Path) -> None:
    """As `make demo VIDEO=… GALLERY=…` makes them, in a process that was started with an open umask."""
    picture = np.full((60, 80, 3), 90, np.uint8)
    gallery, build = tmp_path / "gallery", tmp_path / "build"
    gallery.mkdir()
    cv2.imwrite(str(gallery / "李伟.jpg"), picture)
    film.write(tmp_path / "clip.mp4", [(number / 2, picture) for number in range(20)], (60, 80, 3), keyframe_every=10)
    (build / "media").mkdir(parents=True)
    (build / "media" / "of an earlier version.png").write_bytes(b"a face")
    assert open_to_others(build)
    script = ("import os, subprocess, sys; os.umask(0o022); from pathlib import Path;"
              "from provisioning.demo import day, private, user_media; build = Path(sys.argv[1]);"
              "day.COURSE = day.COURSE[1:2];"
              "private.keep_private(build);"
              "people = user_media.people_of(Path(sys.argv[3]));"
              "user_media.prepare(build / 'user-media', Path(sys.argv[2]), people, 'en');"
              "subprocess.run(['mkdir', build / 'of-a-child'], check=True)")
    subprocess.run([sys.executable, "-c", script, build, tmp_path / "clip.mp4", gallery], cwd=ROOT, check=True)
    made = {path.name for path in build.rglob("*")}
    assert {"room.mp4", "terminal.mp4", "visit.mp4", "1.png", "李伟", "of-a-child"} <= made
    assert open_to_others(build) == []


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    mine, build = tmp_path / "mine.mp4", tmp_path / "build"
    mine.write_bytes(b"")
    mine.chmod(0o644)
    build.mkdir()
    (build / "link").symlink_to(mine)
    before = os.umask(0o022)
    try:
        private.keep_private(build)
    finally:
        os.umask(before)
    assert mine.stat().st_mode & 0o777 == 0o644
