"""`evaluate`: on pictures of dependencies with `builtin`, on real pairs with `lab`; everything written or nothing."""
from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cli import main
from edge.vision.pack import Pack
from tests.edge.conftest import Pictures

LOADED = "edge.vision.pack.load_pack"


@pytest.fixture
def galleries(tmp_path: Path, pictures: Pictures) -> tuple[Path, Path]:
    """Five people enrolled; probes of seven, darker, and one photo without a face."""
    gallery, probes = tmp_path / "gallery", tmp_path / "probes"
    for folder in (gallery, probes / "p-1", probes):
        folder.mkdir(parents=True, exist_ok=True)
    for person, image in pictures.portraits.items():
        if person < "p-6":
            cv2.imwrite(str(gallery / f"{person}.png"), image)
        probe = cv2.convertScaleAbs(image, alpha=0.8)
        cv2.imwrite(str(probes / "p-1" / "a.png" if person == "p-1" else probes / f"{person}.png"), probe)
    cv2.imwrite(str(probes / "p-1" / "b.png"), np.full((200, 200, 3), 90, np.uint8))
    return gallery, probes


@pytest.fixture
def with_builtin(monkeypatch: pytest.MonkeyPatch, builtin: Pack) -> None:
    monkeypatch.setattr(LOADED, lambda *_, **__: builtin)


def identify(gallery: Path, probes: Path, *more: str) -> int:
    return main(["--lang", "en", "evaluate", "identify", "--gallery", str(gallery), "--probes", str(probes),
                 "--pack", "builtin", *more])


def liveness(live: Path, attack: Path, *more: str, pack: str = "builtin") -> int:
    return main(["--lang", "en", "evaluate", "liveness", "--live", str(live), "--attack", str(attack),
                 "--pack", pack, *more])


@pytest.mark.long
@pytest.mark.usefixtures("with_builtin")
def test_identify_writes_figures_and_their_plot(
    galleries: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    shutil.copy(galleries[0] / "p-2.png", galleries[1] / "p-2.png")
    assert identify(*galleries, "--json", str(out)) == 0
    told = json.loads(out.read_text("utf-8"))
    assert (told["rank1"], told["fnir"], told["fpir"]) == (5 / 6, 1 / 6, 0)
    assert told["threshold"] == 0.56 and told["threshold_from"] == "manifest" and told["no_face"] == 1
    assert told["counts"]["fpir"] == {"hits": 0, "of": 2, "units": 2, "low": 0, "high": 0.841886, "few": True}
    assert {point["threshold"] for point in told["det"]} >= {0.56}
    assert sorted(file.name for file in tmp_path.glob("out*")) == ["out.json", "out.png", "out.svg"]
    said = capsys.readouterr()
    assert said.out == ""  # the file has it; sentences are for people
    assert identify(*galleries) == 0 and json.loads(capsys.readouterr().out) == told
    assert "FNIR 16.67 % (1 of 6; 95 %:" in said.err and "too few to calibrate" in said.err
    assert "probes that are enrolled photos themselves: 1" in said.err and "prove nothing: mind" in said.err


@pytest.mark.usefixtures("with_builtin")
def test_all_photos_that_cannot_be_read_are_named_and_nothing_is_written(
    galleries: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("p-3.png", "p-5.png"):
        (galleries[1] / name).write_bytes(b"no picture")
    out = tmp_path / "out.json"
    assert identify(*galleries, "--json", str(out)) == 2
    said = capsys.readouterr()
    assert "probes/p-3.png: cannot be read" in said.err and "probes/p-5.png: cannot be read" in said.err
    assert said.out == "" and not list(tmp_path.glob("out*"))


@pytest.mark.usefixtures("with_builtin")
def test_a_file_that_the_disk_does_not_give_is_named_with_all_the_others(
    galleries: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """It must not end the search for probes that are enrolled, which comes before."""
    for name in ("p-2.png", "p-3.png"):
        (galleries[1] / name).unlink()
        (galleries[1] / name).symlink_to("/proc/self/mem")  # a plain file whose first byte cannot be read
    (galleries[1] / "p-5.png").write_bytes(b"no picture")
    assert identify(*galleries) == 2
    said = capsys.readouterr().err
    assert all(f"probes/p-{number}.png: cannot be read" in said for number in (2, 3, 5))


@pytest.mark.usefixtures("with_builtin")
def test_probes_without_a_face_or_without_strangers(
    galleries: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = tmp_path / "grey"
    grey.mkdir()
    shutil.copy(galleries[1] / "p-1" / "b.png", grey / "p-1.png")
    assert identify(galleries[0], grey) == 2 and "nothing to count" in capsys.readouterr().err
    shutil.copy(galleries[1] / "p-4.png", grey / "p-4.png")
    assert identify(galleries[0], grey, "--json", str(tmp_path / "out.json")) == 0
    told = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert (told["fnir"], told["fpir"]) == (0.5, None) and not (tmp_path / "out.svg").exists()
    assert "FPIR was not measured" in capsys.readouterr().err


@pytest.mark.usefixtures("with_builtin")
def test_huge_files_and_pipes_among_the_photos_hold_nothing_up(
    galleries: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(galleries[1] / "p-8.png")
    for folder in galleries:
        with (folder / "p-9.png").open("wb") as file:
            file.truncate(1 << 40)
    assert identify(*galleries) == 2
    assert "p-9.png: the picture is too large (1099512 MB; at most 40 MB)" in capsys.readouterr().err
    os.mkfifo(tmp_path / "live")
    assert liveness(tmp_path / "live", tmp_path / "live") == 2
    assert "no clips or pictures here" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.usefixtures("with_builtin")
def test_a_folder_whose_name_is_no_text_is_measured_like_any_other(
    tmp_path: Path, pictures: Pictures, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name in GB18030 on a disk of before, and one with a dollar sign."""
    live, attack = tmp_path / "live", tmp_path / "attack"
    strange = os.fsdecode("照片".encode("gb18030"))
    for folder in (live, attack / strange, attack / "$打印$"):
        folder.mkdir(parents=True)
        cv2.imencode(".png", pictures.astronaut)[1].tofile(folder / "p.png")
    out = tmp_path / "out.json"
    for more in ((), ("--json", str(out))):
        assert liveness(live, attack, "--challenge", "turn_left", "turn_right", *more) == 0
        said = capsys.readouterr()
        assert set(json.loads(said.out or out.read_text("utf-8"))["apcer"]) == {r"\xd5\xd5Ƭ", "$打印$"}
    assert (tmp_path / "out.svg").exists() and (tmp_path / "out.png").exists()


def test_outputs_that_cannot_be_written_are_refused_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.png").mkdir()
    for out in (tmp_path / "none" / "out.json", tmp_path / "out.json"):
        assert identify(tmp_path, tmp_path, "--json", str(out)) == 2
        assert liveness(tmp_path, tmp_path, "--json", str(out)) == 2
    assert str(tmp_path / "out.png") in capsys.readouterr().err


@pytest.mark.usefixtures("with_builtin")
def test_builtin_is_measured_with_turns_only(
    tmp_path: Path, pictures: Pictures, capsys: pytest.CaptureFixture[str]
) -> None:
    live, attack = tmp_path / "live", tmp_path / "attack"
    for file in (live / "p.png", attack / "print" / "p.png"):
        file.parent.mkdir(parents=True)
        cv2.imwrite(str(file), pictures.astronaut)
    assert liveness(live, attack) == 2 and "--challenge" in capsys.readouterr().err
    assert liveness(live, attack, "--challenge", "turn_left", "blink") == 2
    assert "cannot tell these gestures: blink" in capsys.readouterr().err
    out = tmp_path / "out.json"
    assert liveness(live, attack, "--challenge", "turn_left", "turn_right", "--json", str(out)) == 0
    told = json.loads(out.read_text("utf-8"))
    assert (told["apcer"], told["apcer_worst"], told["bpcer"], told["non_response"]) == ({"print": 0}, 0, 0, 1)
    assert told["challenge"] == ["turn_left", "turn_right"] and (tmp_path / "out.svg").exists()
    told = capsys.readouterr().err
    assert "non-response 100 % (2 of 2" in told and "?file/s" not in told


def test_a_policy_without_liveness_or_unknown_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert liveness(tmp_path, tmp_path, "--policy", "no-such") == 2
    assert "no policy no-such" in capsys.readouterr().err
    assert liveness(tmp_path / "a", tmp_path / "b") == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / 'a'}: no clips" in said and f"{tmp_path / 'b'}: no subfolders" in said
    assert "problems with clips: 2; nothing was measured" in said


def test_identify_on_a_real_set(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: Pack
) -> None:
    monkeypatch.setattr(LOADED, lambda *_, **__: lab)
    gallery, probes = tmp_path / "gallery", tmp_path / "probes"
    people = sorted((shared / "data" / "faces" / "lfw").iterdir())[:20]
    for number, person in enumerate(people):
        photos = sorted(person.iterdir())
        for folder, chosen in ((gallery, photos[:2] if number < 14 else []), (probes, photos[2:4])):
            for photo in chosen:
                (folder / person.name).mkdir(parents=True, exist_ok=True)
                (folder / person.name / photo.name).symlink_to(photo)
    assert identify(gallery, probes, "--json", str(tmp_path / "out.json")) == 0
    told = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert told["rank1"] == 1 and told["fnir"] <= 0.05 and told["fpir"] <= 0.1
    assert told["threshold_from"] == "gallery" and 0.36 <= told["threshold"] <= 0.52
    assert told["counts"]["fnir"]["units"] == 14 and told["counts"]["fpir"]["units"] == 6


@pytest.mark.long
def test_liveness_on_real_pairs(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: Pack
) -> None:
    monkeypatch.setattr(LOADED, lambda *_, **__: lab)
    spoof, live, attack = shared / "data" / "spoof", tmp_path / "live", tmp_path / "attack"
    for file, source in (
        (live / "real.mp4", "phone-real.mp4"), (live / "real.jpg", "minivision/image_T1.jpg"),
        (attack / "phone" / "fake.mp4", "phone-fake.mp4"), (attack / "print" / "fake.jpg", "minivision/image_F1.jpg"),
        (attack / "screen" / "fake.jpg", "minivision/image_F2.jpg"),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(spoof / source)
    assert liveness(live, attack, "--json", str(tmp_path / "out.json"), pack="lab") == 0
    told = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert told["apcer"] == {"phone": 0, "print": 0, "screen": 0} and told["bpcer"] == 0 and told["non_response"] == 0
    assert told["visits"]["bpcer"]["of"] >= 2 and told["visits"]["bpcer"]["hits"] == 0
