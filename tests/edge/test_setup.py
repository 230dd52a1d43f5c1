"""A new box: its folder is whole or not there, box.toml tells of every key, and only its own certificate is taken."""
from __future__ import annotations

import dataclasses
import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from central.cli import main as central_main
from edge.box_toml import new_box_toml
from edge.cameras.gst import LAUNCH
from edge.cli import main
from edge.config import BoxConfig, load_box, parse_box
from edge.models import choice as choosing
from edge.models.choice import Choice
from edge.storage.keeper import Keeper
from edge.wiring import open_box
from tests.edge.recorder.test_process import Running, press, segments

Out = pytest.CaptureFixture[str]


def uncommented(lang: str) -> dict[str, Any]:
    """box.toml with every example taken."""
    said = new_box_toml("box-1", "101", "demo", lang)
    return tomllib.loads(re.sub(r"(?m)^#(?=[a-z\[])", "", said))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_example_in_the_new_file_is_right_and_no_key_is_left_out(lang: str) -> None:
    said = new_box_toml("box-1", "101", "demo", lang)
    told = parse_box(re.sub(r"(?m)^#(?=[a-z\[])", "", said).encode(), "box.toml")
    assert [camera.role for camera in told.cameras] == ["room", "terminal"] and told.sync is not None
    assert parse_box(said.encode(), "box.toml") == BoxConfig("box-1", "101", "demo", lang)
    value = uncommented(lang)
    assert value == uncommented("en") | {"lang": lang}
    for name, hint in get_type_hints(BoxConfig).items():
        parts = [one for one in (hint, *get_args(hint)) if dataclasses.is_dataclass(one)]
        if name == "clock" or not parts:  # only the demo has another clock than the kernel's
            continue
        section = value[name][0] if name == "cameras" else value[name]
        wanted = {field.name for field in dataclasses.fields(parts[0])}  # type: ignore[arg-type]
        assert wanted - set(section) <= ({"start"} if name == "cameras" else set()), name


def test_a_box_is_made_certified_by_the_centre_and_opens(tmp_path: Path, capsys: Out) -> None:
    box, centre, certificate = tmp_path / "box", tmp_path / "centre", tmp_path / "box.crt.pem"
    (tmp_path / "phrase").write_text("correct horse battery")
    assert central_main(["--lang", "en", "init", str(centre), "--passphrase-file", str(tmp_path / "phrase")]) == 0
    root = re.findall(r"[0-9a-f]{64}", capsys.readouterr().out)[0]
    assert main(["--lang", "en", "init", str(box), "--device", "box-7", "--room", "101 教室"]) == 0
    told = capsys.readouterr().out
    assert "box issue box-7" in told and "zaitang-edge certify" in told
    config = load_box(box)
    assert (config.device, config.room, config.policy, config.lang) == ("box-7", "101 教室", "sanmenxia-2023", "en")
    assert main(["--lang", "en", "people", "--box", str(box)]) == 2
    assert "not certified this box yet" in capsys.readouterr().err
    public = box / "box-7.pub.pem"
    issue = ["box", "issue", "box-7", "--key", str(public), "--out", str(certificate), "--centre", str(centre)]
    assert central_main(issue) == 0
    capsys.readouterr()
    certify = ["--lang", "en", "certify", str(box), "--certificate", str(certificate)]
    certify += ["--root", str(centre / "keys" / "root.pem")]
    assert main(certify) == 0 and root in capsys.readouterr().out
    opened = open_box(box)
    assert opened.keys.root_fingerprint == root and opened.video.is_dir()
    opened.store.close()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (box / "keys").iterdir())
    assert main(certify) == 2 and "certified already" in capsys.readouterr().err


def test_the_certificate_of_another_key_name_or_root_is_refused(tmp_path: Path, capsys: Out) -> None:
    for name in ("centre", "other"):
        assert central_main(["init", str(tmp_path / name), "--test-keys"]) == 0
    for name in ("box-1", "box-2"):
        assert main(["init", str(tmp_path / name), "--device", name]) == 0

    def issue(device: str, key: str) -> Path:
        out = tmp_path / f"{device}-{key}.pem"
        public = tmp_path / key / f"{key}.pub.pem"
        assert central_main(["box", "issue", device, "--key", str(public), "--out", str(out),
                             "--centre", str(tmp_path / "centre")]) == 0
        return out

    def certify(certificate: Path, root: Path) -> str:
        capsys.readouterr()
        command = ["--lang", "en", "certify", str(tmp_path / "box-1")]
        assert main([*command, "--certificate", str(certificate), "--root", str(root)]) == 2
        return capsys.readouterr().err

    roots = {name: tmp_path / name / "keys" / "root.pem" for name in ("centre", "other")}
    assert "another key" in certify(issue("box-2", "box-2"), roots["centre"])
    assert "another name" in certify(issue("box-9", "box-1"), roots["centre"])
    right = issue("box-1", "box-1")
    assert "did not issue" in certify(right, roots["other"])
    assert "No such file" in certify(tmp_path / "none.pem", roots["centre"])
    for noise in (b"\xff" * 10, "证书".encode("gb18030"), b""):
        (tmp_path / "noise.pem").write_bytes(noise)
        assert "it is not PEM" in certify(tmp_path / "noise.pem", roots["centre"])
    with (tmp_path / "huge.pem").open("wb") as file:
        file.truncate(1 << 40)
    assert "it is too long" in certify(right, tmp_path / "huge.pem")
    told = certify(right, tmp_path / "box-1" / "box-1.pub.pem")
    assert "box-1.pub.pem" in told and "keys/root.pem" in told and str(tmp_path / "box-1" / "keys") not in told
    os.mkfifo(tmp_path / "pipe.pem")
    assert "it is not a plain file" in certify(tmp_path / "pipe.pem", roots["centre"])
    assert not (tmp_path / "box-1" / "keys" / "device.crt").exists()


@pytest.mark.parametrize(("lang", "said"), [("en", "# What this box is told."), ("zh", "# 本终端盒的配置。")])
def test_the_new_file_speaks_the_language_of_the_command(tmp_path: Path, lang: str, said: str) -> None:
    assert main(["--lang", lang, "init", str(tmp_path / "box"), "--device", "box-1"]) == 0
    assert (tmp_path / "box" / "box.toml").read_text(encoding="utf-8").startswith(said)


@pytest.mark.parametrize(("choice", "said"), [
    (Choice("opencv"), "Model pack: opencv"), (Choice("builtin"), "for trying things out")])
def test_the_best_pack_of_the_machine_is_taken_and_told(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, choice: Choice, said: str,
) -> None:
    monkeypatch.setattr(choosing, "choose_pack", lambda: choice)
    assert main(["--lang", "en", "init", str(tmp_path / "box"), "--device", "box-1"]) == 0
    assert load_box(tmp_path / "box").vision.pack == choice.pack and said in capsys.readouterr().out


def test_a_folder_that_is_a_box_or_holds_something_is_left_alone(tmp_path: Path, capsys: Out) -> None:
    box, full = tmp_path / "box", tmp_path / "full"
    assert main(["init", str(box), "--device", "box-1"]) == 0
    before = (box / "box.toml").read_bytes(), (box / "keys" / "device.pem").read_bytes()
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    for folder, device, policy, word in ((box, "box-2", "demo", "a box already"), (full, "box-2", "demo", "not empty"),
                                         (tmp_path / "new", "Box 2", "demo", "id of a box"),
                                         (tmp_path / "new", "box-2", "nowhere-1999", "nowhere-1999")):
        command = ["--lang", "en", "init", str(folder), "--device", device, "--policy", policy]
        assert main(command) == 2 and word in capsys.readouterr().err
    assert before == ((box / "box.toml").read_bytes(), (box / "keys" / "device.pem").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box", "full"]


def test_test_keys_open_without_a_centre(tmp_path: Path, capsys: Out) -> None:
    box = tmp_path / "box"
    box.mkdir()  # an empty folder is as good as none
    assert main(["--lang", "en", "init", str(box), "--device", "box-1", "--policy", "demo", "--test-keys"]) == 0
    assert "test keys" in capsys.readouterr().out
    open_box(box).store.close()


@pytest.mark.parametrize(("lang", "words"), [("en", "nobody is in a class of this box yet"), ("zh", "班次中还没有人")])
def test_a_new_box_says_that_nobody_is_in_a_class(tmp_path: Path, capsys: Out, lang: str, words: str) -> None:
    box = tmp_path / "box"
    assert main(["init", str(box), "--device", "box-1", "--policy", "demo", "--test-keys"]) == 0
    capsys.readouterr()
    assert main(["--lang", lang, "people", "--box", str(box)]) == 0
    said = capsys.readouterr()
    assert said.out == "" and words in said.err and len(said.err.splitlines()) == 1


CAMERA = ('[[cameras]]\nid = "room"\nrole = "room"\nsource = "gst:videotestsrc is-live=true ! '
          'video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! x264enc tune=zerolatency key-int-max=10"\n')


@pytest.mark.skipif(shutil.which(LAUNCH) is None, reason="GStreamer is not here")
@pytest.mark.parametrize("before", [False, True])
def test_a_new_box_records_a_camera_in_the_folder_as_it_was_made(tmp_path: Path, capsys: Out, before: bool) -> None:
    """`before`: as boxes of earlier versions were made."""
    folder = tmp_path / "box"
    assert main(["init", str(folder), "--device", "try-1", "--policy", "demo", "--test-keys"]) == 0
    (folder / "box.toml").write_text((folder / "box.toml").read_text() + CAMERA)
    if before:
        (folder / "video" / "segments").mkdir(parents=True, exist_ok=True)
    box = open_box(folder)
    assert Keeper(box).is_new(), "the storage process waits for the recorder"
    running = Running(folder)
    try:
        running.until(lambda one: True)
        press(box)
        running.until(lambda one: one["stretch_us"] > 0)
        press(box, end=True)
        running.until(lambda one: one["session"] is None and one["pending"] == 0)
    finally:
        assert running.end()[0] == 0
    assert segments(box) and all((box.segments / one.file).is_file() for one in segments(box))
    assert not Keeper(box).is_new() and box.first_volume().free_mb() > 0
    box.store.close()
