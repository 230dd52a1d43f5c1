"""Whole roll calls by the command: a class made of pictures that come with dependencies, and real clips."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cli import main
from tests.edge.rollcall.test_frames import spoil


def room(pictures, with_seventh: bool, count: int = 5) -> list[np.ndarray]:
    """Six people and perhaps the astronaut beside them, drifting a little, with noise."""
    random = np.random.default_rng(2)
    side = np.full((886, 330, 3), (92, 104, 118), np.uint8)
    if with_seventh:
        side[886 - 512 :] = cv2.resize(pictures.astronaut[:, 90:420], (330, 512))
    scene = cv2.copyMakeBorder(np.hstack([pictures.group, side]), 6, 6, 6, 6, cv2.BORDER_REPLICATE)
    images = []
    for _ in range(count):
        x, y = random.integers(0, 12, 2)
        noise = random.normal(0, 4, (886, 1610, 1))
        images.append(np.clip(scene[y : y + 886, x : x + 1610] + noise, 0, 255).astype(np.uint8))
    return images


def roll_call(tmp_path: Path, video: Path, gallery: Path, pack: str) -> dict:
    out = tmp_path / "out.json"
    assert main(["rollcall", str(video), "--gallery", str(gallery), "--pack", pack, "--json", str(out)]) == 0
    return json.loads(out.read_text())


def named(answer: dict) -> list[str]:
    return sorted(entry["trainee"] for entry in answer["present"])


@pytest.mark.long
@pytest.mark.parametrize("with_seventh", [True, False])
def test_builtin_names_exactly_who_is_there(
    tmp_path: Path, pictures, photo_folder: Path, make_video: Callable[..., Path], with_seventh: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    video = make_video(tmp_path / "class.mp4", room(pictures, with_seventh))
    answer = roll_call(tmp_path, video, photo_folder, "builtin")
    assert set(answer) == {"present", "not_identifiable", "covered", "absent", "no_template", "why", "headcount",
                           "pictures", "pack", "threshold"}
    assert answer["no_template"] == [] and answer["pictures"] == {"planned": 3, "read": 3}
    assert named(answer) == [f"p-{n}" for n in range(1, 8 if with_seventh else 7)]
    away = [] if with_seventh else ["p-7"]
    assert answer["not_identifiable"] == away and answer["absent"] == [], "who sits further back it could not find"
    assert answer["why"] == {person: ["reach"] for person in away}
    assert answer["headcount"] == (7 if with_seventh else 6) and answer["pack"] == "builtin"
    assert "仅供试用" in capsys.readouterr().err, "a real policy would refuse seven people"
    assert answer["present"][0]["first_s"] == 0 and answer["present"][0]["score"] >= answer["threshold"]


@pytest.fixture
def models(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZAITANG_MODEL_MIRROR", str(shared / "models"))
    monkeypatch.setenv("ZAITANG_MODEL_CACHE", str(tmp_path / "models"))
    return shared / "data"


@pytest.mark.long
def test_lab_finds_the_six_of_fourteen_at_the_dinner(tmp_path: Path, models: Path) -> None:
    video = models / "video"
    answer = roll_call(tmp_path, video / "family-dinner.mp4", video / "family-dinner-enrolment", "lab")
    assert named(answer) == ["0008_jessica", "0009_louis", "0010_grandma", "0011_evan", "0012_eddie", "0013_emery"]
    assert answer["headcount"] in (4, 5, 6), "six sit at the table, and up to five face the camera"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["near", "hard"])
def test_lab_in_a_class_names_everybody_and_nobody_else(tmp_path: Path, models: Path, kind: str) -> None:
    folder = models / "rollcall" / kind
    truth = json.loads((folder / "truth.json").read_text())
    answer = roll_call(tmp_path, folder / "class.mp4", folder / "enrolment", "lab")
    assert named(answer) == sorted(truth["present"])
    # Blurred faces tell nothing: whoever is not there may be one of them.
    away = answer["absent"] if kind == "near" else answer["absent"] + answer["not_identifiable"]
    assert sorted(away) == sorted(truth["absent"])
    assert abs(answer["headcount"] - truth["in_view_max"]) <= (1 if kind == "near" else 2)


@pytest.mark.long
def test_lab_says_not_identifiable_of_faces_that_are_too_small(tmp_path: Path, models: Path) -> None:
    folder = models / "rollcall" / "far"
    truth = json.loads((folder / "truth.json").read_text())
    answer = roll_call(tmp_path, folder / "class.mp4", folder / "enrolment", "lab")
    assert answer["present"] == [] and sorted(answer["not_identifiable"]) == truth["enrolled"]
    assert abs(answer["headcount"] - truth["in_view_max"]) <= 4
    ceiling = roll_call(tmp_path, models / "video" / "classroom-ceiling.mp4", folder / "enrolment", "lab")
    assert ceiling["present"] == [] and ceiling["headcount"] > 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bad_input_is_one_clear_sentence(
    tmp_path: Path, photo_folder: Path, make_video: Callable[..., Path], capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    video = make_video(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 2)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "no-photos").mkdir()
    cases = [
        (tmp_path / "empty.mp4", photo_folder, "builtin", "empty.mp4"),
        (video, tmp_path / "no-photos", "builtin", "no-photos"),
        (video, photo_folder, "nonesuch", "nonesuch"),
        (video, photo_folder, "opencv", "opencv"),
    ]
    for path, gallery, pack, word in cases:
        out = tmp_path / "out.json"
        command = ["rollcall", str(path), "--gallery", str(gallery), "--pack", pack, "--json", str(out)]
        assert main(["--lang", lang, *command]) == 2
        told = capsys.readouterr().err.splitlines()[-1]
        assert word in told and "Traceback" not in told and not out.exists()


def test_an_answer_that_could_not_be_written_is_refused_before_the_work(
    tmp_path: Path, photo_folder: Path, make_video: Callable[..., Path], capsys: pytest.CaptureFixture[str],
) -> None:
    video = make_video(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 2)
    for out, said in ((tmp_path / "none" / "out.json", "文件或文件夹不存在"), (tmp_path, "它是文件夹")):
        command = ["rollcall", str(video), "--gallery", str(photo_folder), "--pack", "builtin", "--json", str(out)]
        assert main(command) == 2
        told = capsys.readouterr()
        assert said in told.err and "photo/s" not in told.err and not told.out


def bad_photos(folder: Path, pictures) -> None:
    cv2.imwrite(str(folder / "wall.png"), np.full((200, 200, 3), 100, np.uint8))
    cv2.imwrite(str(folder / "two.png"), np.hstack([pictures.portraits["p-1"]] * 2))
    (folder / "broken.jpg").write_bytes(b"not a picture")


@pytest.mark.long
def test_who_has_no_photo_with_one_face_is_named_and_the_others_are_looked_for(
    tmp_path: Path, pictures, photo_folder: Path, make_video: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    video = make_video(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 2)
    bad_photos(photo_folder, pictures)
    out = tmp_path / "out.json"
    command = ["rollcall", str(video), "--gallery", str(photo_folder), "--pack", "builtin", "--json", str(out)]
    assert main(["--lang", "en", *command]) == 0
    out_said, told = capsys.readouterr()
    assert out_said == "", "what goes to a file fills no screen"
    assert main(["--lang", "en", *command[:-2]]) == 0 and json.loads(capsys.readouterr().out)["no_template"]
    assert "wall is not looked for" in told and "wall.png: no face found" in told
    assert "two is not looked for" in told and "two.png: 2 faces found" in told
    assert "broken is not looked for" in told and "broken.jpg: cannot be read as a picture" in told
    answer = json.loads(out.read_text())
    assert answer["no_template"] == ["broken", "two", "wall"]
    others = [*named(answer), *answer["not_identifiable"], *answer["covered"], *answer["absent"]]
    assert sorted(others) == [f"p-{n}" for n in range(1, 8)]


def test_where_no_photo_is_usable_all_are_named_and_nothing_is_looked_for(
    tmp_path: Path, pictures, make_video: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    video = make_video(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 2)
    (tmp_path / "bad").mkdir()
    bad_photos(tmp_path / "bad", pictures)
    command = ["--lang", "en", "rollcall", str(video), "--gallery", str(tmp_path / "bad"), "--pack", "builtin"]
    assert main(command) == 2
    told = capsys.readouterr()
    assert "wall.png: no face found" in told.err and "two.png: 2 faces found" in told.err
    assert "broken.jpg: cannot be read as a picture" in told.err and not told.out


@pytest.mark.long
def test_pictures_of_a_damaged_video_that_cannot_be_read_are_counted(
    tmp_path: Path, pictures, photo_folder: Path, make_video: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    video = make_video(tmp_path / "a.mp4", room(pictures, False, 6))
    spoil(video, 2)
    answer = roll_call(tmp_path, video, photo_folder, "builtin")
    assert answer["pictures"] == {"planned": 3, "read": 2}
    assert "3 张应看的画面中有 1 张" in capsys.readouterr().err
