"""`zaitang-edge place` as it is called: a plan with picture and advice, a walk over a clip and over a recording."""
from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import drawing
from edge.cli import main
from edge.errors import BadVideo
from edge.placement import looks, walk
from edge.placement.judge import judge
from edge.placement.plan_picture import plan_picture
from edge.placement.stops import Stops
from edge.placement.walk import Recogniser
from edge.rollcall.frames import frames, plan_frames
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from edge.wiring import Box
from tests.edge.placement.conftest import NEEDS, a_room
from tests.edge.placement.test_looks import Recording

WIDTH, HEIGHT, SECONDS = 480, 270, 4
TOP = 30
NEAR, FAR = (10, 225), (260, 101)
"""Left edge and side of a portrait, px."""


@pytest.fixture(autouse=True)
def priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests keep theirs."""
    monkeypatch.setattr("os.setpriority", lambda *_: None)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, builtin: Pack) -> None:
    """The pack is in memory already."""
    monkeypatch.setattr("edge.vision.pack.load_pack", lambda *_, **__: builtin)


def texts(svg: bytes) -> str:
    return "\n".join("".join(e.itertext()) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text"))


def picture_of(data: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.std() > 5
    return image


@pytest.fixture
def room_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The file that the command itself gives."""
    assert main(["--lang", "en", "place", "room"]) == 0
    path = tmp_path / "room.toml"
    path.write_text(capsys.readouterr().out)
    return path


@pytest.mark.parametrize(("lang", "said"), [
    ("en", ("row 1 (2.5–3.7 m): identifiable", "identifies up to 3.3 m", "main stream of 3840×2160", "may hide: 5-4")),
    ("zh", ("第 1 排（2.5–3.7 米）：可识别", "可识别到 3.3 米", "主码流改为 3840×2160", "挡住的座位：5-4"))])
def test_a_plan_tells_rows_and_what_to_change_and_draws_them(
    tmp_path: Path, room_file: Path, capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder, lang: str,
    said: tuple[str, ...],
) -> None:
    out = tmp_path / "plan.svg"
    command = ["--lang", lang, "place", "plan", str(room_file), "--pack", "lab", "--json", str(tmp_path / "p.json")]
    assert main([*command, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert all(one in told for one in said)
    written = {"zh": "已写入", "en": "written:"}[lang]
    assert told.splitlines()[-2:] == [f"{written} {path}" for path in (out, tmp_path / "p.json")]
    drawn = texts(out.read_bytes())
    assert {"zh": "只能计数", "en": "only counted"}[lang] in drawn and "52" in drawn and "A: front" in drawn
    found = json.loads((tmp_path / "p.json").read_text())
    assert found["identified"] == 5 and found["seats"] == 42 == sum(len(row["seats"]) for row in found["rows"])
    assert found["rows"][0]["seats"][3]["face_px"] == pytest.approx(52.9, abs=0.5)
    assert [one["kind"] for one in found["advice"]][:2] == ["stream", "lens"] and found["then"]["identified"] > 31
    if drawing.has_chinese():
        assert not [one for one in recwarn if "missing from font" in str(one.message)]


def test_equal_rooms_are_equal_files_and_a_png_shows_the_same() -> None:
    room = a_room(rows=2, per_row=3)
    drawn = [plan_picture(room, NEEDS, judge(room, NEEDS), "en", ending) for ending in (".svg", ".svg", ".png")]
    assert drawn[0] == drawn[1] and picture_of(drawn[2]).shape[1] > 1000


def test_cameras_are_letters_in_the_picture_and_named_below() -> None:
    """Names lay on each other, on seats and beside the room."""
    one = a_room(rows=2, per_row=3)
    names = ("front", "a camera of forty letters, at the wall $x", *"345678")
    cameras = tuple(dataclasses.replace(one.cameras[0], name=name) for name in names)
    room = dataclasses.replace(one, cameras=cameras)
    drawn = texts(plan_picture(room, NEEDS, judge(room, NEEDS), "zh", ".svg")).splitlines()
    assert [drawn.count(letter) for letter in "ABCDEFGH"] == [2] * 8
    assert {f"{letter}: {name}" for letter, name in zip("ABCDEFGH", names, strict=True)} <= set(drawn)


def test_without_a_chinese_font_a_png_is_english_and_says_so(
    tmp_path: Path, room_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.setattr(drawing, "CHINESE", ())
    monkeypatch.setattr(drawing, "FONTS", ("DejaVu Sans",))
    command = ["--lang", "zh", "place", "plan", str(room_file), "--pack", "lab", "--out"]
    assert main([*command, str(tmp_path / "p.png")]) == 0
    told = capsys.readouterr()
    assert "没有中文字体" in told.err and "可识别" in told.out
    assert not [one for one in recwarn if "missing from font" in str(one.message)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bad_input_is_one_clear_sentence(
    tmp_path: Path, room_file: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    (tmp_path / "bad.toml").write_text(room_file.read_text().replace("rows = 6", "rows = 0"))
    (tmp_path / "empty.mp4").write_bytes(b"")
    out = str(tmp_path / "p.svg")
    cases = [
        (["plan", str(room_file), "--pack", "lab", "--out", str(tmp_path / "p.pdf")], "p.pdf"),
        (["plan", str(tmp_path / "bad.toml"), "--pack", "lab", "--out", out], "seats.0.rows"),
        (["plan", str(tmp_path / "none.toml"), "--pack", "lab", "--out", out], "none.toml"),
        (["plan", str(room_file), "--pack", "nonesuch", "--out", out], "nonesuch"),
        (["plan", str(room_file), "--pack", "lab", "--out", str(tmp_path / "no" / "p.svg")], str(tmp_path / "no")),
        (["walk", str(tmp_path / "empty.mp4"), "--pack", "builtin", "--out", out], "empty.mp4"),
        (["walk", str(tmp_path / "empty.mp4"), "--out", out], "--pack"),
        (["walk", "--box", str(tmp_path / "nobox"), "--out", out], "nobox"),
    ]
    for arguments, word in cases:
        assert main(["--lang", lang, "place", *arguments]) == 2
        told = capsys.readouterr().err.splitlines()[-1]
        assert word in told and "Traceback" not in told and not Path(out).exists()


def scene(pictures, person: str, place: tuple[int, int], dark: float = 1.0) -> list[np.ndarray]:
    """Somebody who sits before a wall for some seconds, with the noise of a sensor."""
    left, side = place
    chance = np.random.default_rng(side)
    portrait = cv2.resize(pictures.portraits[person], (side, side), interpolation=cv2.INTER_AREA)
    wall = np.full((HEIGHT, WIDTH, 3), (96, 104, 110), np.uint8)
    wall[TOP:TOP + side, left:left + side] = portrait
    noise = [chance.normal(0, 3, wall.shape) for _ in range(SECONDS)]
    return [np.clip(wall * dark + one, 0, 255).astype(np.uint8) for one in noise]


@pytest.fixture
def clip(tmp_path: Path, pictures, make_video: Callable[..., Path]) -> Path:
    """Three stops: near, far away, and near without light."""
    return make_video(tmp_path / "walk.mp4", [
        *scene(pictures, "p-4", NEAR), *scene(pictures, "p-4", FAR), *scene(pictures, "p-6", (250, 200), 0.16)])


def test_a_walk_is_told_stop_by_stop_and_drawn_without_anybody(
    tmp_path: Path, clip: Path, photo_folder: Path, loaded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in ("p-2", "p-3", "p-5", "p-7"):
        (photo_folder / f"{person}.png").unlink()
    out = tmp_path / "walk.svg"
    command = ["--lang", "en", "place", "walk", str(clip), "--pack", "builtin", "--gallery", str(photo_folder)]
    command += ["--stops", "1-1", "6-1", "--out", str(out), "--json", str(tmp_path / "w.json")]
    assert main(command) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("1-1: face ") and "recognised as p-4 in 4 of 4" in told[0] and "enough" in told[0]
    assert told[1] == "next: 6-1" and told[2].startswith("6-1: face ") and "narrower than 60 px" in told[2]
    assert told[3].startswith("3: face ") and "too dark" in told[3]
    assert told[-3:] == ["stops: 3, of them identifiable: 1", f"written: {out}", f"written: {tmp_path / 'w.json'}"]
    found = json.loads((tmp_path / "w.json").read_text())
    near, far, dim = found["stops"]
    assert near["face_px"] / far["face_px"] == pytest.approx(2.2, abs=0.3) and near["sights"] == SECONDS
    assert near["recognised"] == [{"person": "p-4", "sights": SECONDS}] and far["reason"] == "small"
    within = [((stop["x_px"] - left) / side, (stop["y_px"] - TOP) / side)
              for stop, (left, side) in ((near, NEAR), (far, FAR))]
    assert all(0 < share < 1 for share in within[0]), "in the portrait"
    assert within[1] == pytest.approx(within[0], abs=0.06), "the same face, smaller"
    assert dim["light_ppm"] < 120_000 < near["light_ppm"]
    assert sum(cell["faces"] for cell in found["grid"]["cells"]) == sum(stop["sights"] for stop in found["stops"])
    svg = out.read_bytes()
    assert b"<image" not in svg and "6-1" in texts(svg), "nothing of a picture is in it"


def test_a_walk_in_which_nobody_was_seen_writes_nothing(
    tmp_path: Path, make_video: Callable[..., Path], loaded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = make_video(tmp_path / "e.mp4", [np.full((HEIGHT, WIDTH, 3), 90, np.uint8)] * 2)
    command = ["--lang", "en", "place", "walk", str(empty), "--pack", "builtin"]
    assert main([*command, "--out", str(tmp_path / "w.png")]) == 1
    assert "no face was seen" in capsys.readouterr().err and not (tmp_path / "w.png").exists()


def interrupted(clip: Path, error: BaseException) -> Iterator[tuple[int, np.ndarray]]:
    plan = plan_frames(clip, 1_000_000)
    for number, look in enumerate(frames(clip, 1_000_000, plan)):
        if number == SECONDS:
            raise error
        yield look


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BadVideo(source="camera", why="gone")])
def test_what_was_measured_stays_when_somebody_ends_it_or_the_camera_breaks(
    tmp_path: Path, clip: Path, loaded: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: BaseException,
) -> None:
    monkeypatch.setattr(looks, "of_camera", lambda url, clock: interrupted(clip, error))
    command = ["--lang", "en", "place", "walk", "--source", "rtsp://camera/1", "--pack", "builtin"]
    code = main([*command, "--out", str(tmp_path / "w.png"), "--json", str(tmp_path / "w.json")])
    told = capsys.readouterr()
    assert code == (2 if isinstance(error, BadVideo) else 0) and ("gone" in told.err) == isinstance(error, BadVideo)
    assert "stops: 1, of them identifiable: 1" in told.out and "compared with nobody" in told.out
    assert len(json.loads((tmp_path / "w.json").read_text())["stops"]) == 1
    picture_of((tmp_path / "w.png").read_bytes())


def test_who_is_erased_in_the_middle_is_looked_for_no_more(
    builtin: Pack, pictures, templates: dict[str, np.ndarray]
) -> None:
    galleries = iter([Gallery(builtin, templates), Gallery(builtin, {"p-1": templates["p-1"]}), None])
    recogniser = Recogniser(builtin, lambda: next(galleries))
    bgr = pictures.portraits["p-4"]
    face = builtin.detect(bgr, "photo")[0]
    assert [recogniser.person(bgr, face) for _ in range(3)] == ["p-4", None, None]


def test_the_walk_of_a_box_reads_what_its_recorder_writes_and_knows_its_people(
    tmp_path: Path, face_box: Box, pictures, templates: dict[str, np.ndarray], loaded: None,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    face_box.store.put_templates("class-1", "builtin", {"p-4": templates["p-4"]})
    config = face_box.folder / "box.toml"
    config.write_text(config.read_text() + '[[cameras]]\nid = "room"\nsource = "rtsp://127.0.0.1:9/none"\n')
    recording = Recording(face_box.video)
    recording.film(0, [10] * 6, first_s=0)
    recording.mark(6)
    images = iter(enumerate(scene(pictures, "p-4", NEAR)))
    monkeypatch.setattr(looks, "of_recording", lambda video, camera: (
        (at * 1_000_000, image) for at, image in images if (video, camera) == (face_box.video, "room")))
    assert main(["--lang", "en", "place", "walk", "--box", str(face_box.folder), "--out", str(tmp_path / "w.svg")]) == 0
    told = capsys.readouterr().out
    assert "reads what the recorder is writing" in told and "recognised as p-4 in 4 of 4" in told


def test_a_box_without_a_room_camera_says_so(
    tmp_path: Path, face_box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "place", "walk", "--box", str(face_box.folder), "--out", str(tmp_path / "w.svg")]) == 2
    assert "names no room camera" in capsys.readouterr().err


def test_a_size_of_the_first_picture_makes_the_grid(builtin: Pack) -> None:
    blank = np.full((90, 160, 3), 90, np.uint8)
    stops, broke = walk.walk([(0, blank), (1, blank)], builtin, lambda: None, (), lambda *_: None, lambda _: None)
    assert isinstance(stops, Stops) and stops.size == (160, 90) and broke is None and stops.cells() == []
    assert walk.walk([], builtin, lambda: None, (), lambda *_: None, lambda _: None) == (None, None)
