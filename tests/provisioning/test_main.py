"""`make demo` itself: which arguments go together, and that whatever goes wrong is one sentence and an exit status."""
from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from provisioning.demo import __main__ as demo
from provisioning.demo.site import REACHES
from tests.provisioning.test_private import open_to_others

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the demo with arguments in a folder of its own; exit status and what it said of an error."""
    monkeypatch.setattr(demo, "BUILD", tmp_path / "demo")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(demo.signal, "signal", lambda *_: None)
    monkeypatch.setattr(demo.private.os, "umask", lambda _: 0)

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["demo", *map(str, arguments)])
        return demo.main(), capsys.readouterr().err

    return run


@pytest.mark.parametrize(("arguments", "says"), [
    (("--video", "a.mp4"), "VIDEO and GALLERY belong together"),
    (("--gallery", "photos"), "VIDEO and GALLERY belong together"),
    (("--video", "a.mp4", "--rtsp", "rtsp://cam/1"), "give one or the other"),
    (("--video", "a.mp4", "--gallery", "photos", "--camera", "/dev/video0"), "give one or the other"),
    (("--rtsp", "cam"), "RTSP is cam: it does not begin with rtsp://"),
    (("--camera", "/dev/none"), "CAMERA is '/dev/none': there is no such device"),
    (("--rtsp", "rtsp://cam/1", "--camera", "/dev/none"), "CAMERA is '/dev/none'"),
    (("--rtsp", "rtsp://cam/1", "--gallery", "/nowhere"), "/nowhere is not a gallery: there is no such folder"),
    (("--video", "none.mp4", "--gallery", "/nowhere"), "/nowhere is not a gallery"),
])
def test_bad_arguments_are_one_sentence(run: Run, arguments: tuple[str, ...], says: str) -> None:
    code, said = run("--lang", "en", *arguments)
    assert code == 2 and says in said and said.count("\n") == 1


def test_a_live_source_that_cannot_be_opened_ends_the_demo_before_anything_starts(run: Run, tmp_path: Path) -> None:
    code, said = run("--lang", "en", "--rtsp", "rtsp://viewer:s3cret@127.0.0.1:9/1")
    assert code == 2 and said.startswith("no picture comes from rtsp://127.0.0.1:9/1: ") and said.count("\n") == 1
    assert "s3cret" not in said
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"lock"}
    assert open_to_others(tmp_path / "demo") == []


def test_it_speaks_the_language_of_its_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "须同时给出" in run("--gallery", "photos")[1]
    monkeypatch.setenv("LC_MESSAGES", "en_GB.UTF-8")
    assert "belong together" in run("--gallery", "photos")[1]
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "belong together" in run("--gallery", "photos")[1]
    assert "须同时给出" in run("--gallery", "photos", "--lang", "zh")[1]


@pytest.fixture
def earlier(tmp_path: Path) -> set[str]:
    """What an earlier run has left, by name."""
    for name in ("site", "export"):
        (tmp_path / "demo" / name).mkdir(parents=True)
    for name in ("report.json", "verify.json"):
        (tmp_path / "demo" / name).write_text("{}")
    return {"site", "export", "report.json", "verify.json"}


def left(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "demo").iterdir()}


@pytest.mark.parametrize("arguments", [
    ("--rtsp", "cam"), ("--camera", "/dev/none"), ("--rtsp", "rtsp://127.0.0.1:9/1"), ("--gallery", "photos"),
    ("--rtsp", "rtsp://cam/1", "--gallery", "/nowhere"), ("--video", "none.mp4", "--gallery", "/nowhere"),
])
def test_a_run_that_does_not_start_leaves_an_earlier_one_alone(
    run: Run, tmp_path: Path, earlier: set[str], arguments: tuple[str, ...],
) -> None:
    assert run(*arguments)[0] == 2
    assert left(tmp_path) - {"lock"} == earlier


def test_neither_does_one_whose_port_is_none(
    run: Run, tmp_path: Path, earlier: set[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo.media, "prepare", lambda *_: None)
    monkeypatch.setattr(demo, "LOGS", tmp_path / "logs")
    monkeypatch.setenv("DEMO_CONSOLE_PORT", "eighty")
    assert run() == (2, "DEMO_CONSOLE_PORT 的值是 eighty，不是端口号（1 至 65535）\n") and earlier < left(tmp_path)


def test_a_report_of_an_earlier_run_does_not_survive_a_run_that_starts(
    run: Run, tmp_path: Path, earlier: set[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: object) -> None:
        raise OSError("odd")

    monkeypatch.setattr(demo.media, "prepare", lambda *_: None)
    monkeypatch.setattr(demo, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(demo, "_start_centre", failing)
    assert run()[0] == 1
    assert left(tmp_path) == {"lock"}


def test_who_ends_it_is_told_so_without_an_error(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo, "_course", interrupted)
        assert run("--lang", "en") == (0, "\nThe demo was ended before its verdict: nothing was judged\n")
    monkeypatch.delenv("DEMO", raising=False)
    services = SimpleNamespace(check=interrupted)
    for good in (True, False):
        monkeypatch.setattr(demo.report, "make", lambda *_: {})
        monkeypatch.setattr(demo.report, "tell", lambda *_, good=good: good)
        say = demo._Teller(0.0, "en")
        site = SimpleNamespace(terminal="", console="", links={"supervisor": "http://127.0.0.1/welcome/x"})
        assert demo._conclude(site, services, say, lambda _: []) == (0 if good else 1), "its verdict stands"
        assert "the demo ends; its report stays in " in capsys.readouterr().out
        with monkeypatch.context() as patched:
            patched.setenv("DEMO", "once")
            assert demo._conclude(site, services, say, lambda _: [], demo.AGREES) == (0 if good else 1)
        assert capsys.readouterr().out.endswith("what is shown agrees with what happened\n") == good


def test_a_school_has_a_link_too_and_each_role_its_word(capsys: pytest.CaptureFixture[str]) -> None:
    site = SimpleNamespace(terminal="", console="", links={role: f"http://127.0.0.1/{role}" for role, _ in REACHES})
    demo._Teller(0.0, "zh").addresses(site)
    told = [line.split() for line in capsys.readouterr().out.splitlines() if "127.0.0.1" in line]
    assert told == [["监管人员", "http://127.0.0.1/supervisor"], ["培训机构", "http://127.0.0.1/institution"],
                    ["管理员", "http://127.0.0.1/administrator"]]


def test_a_place_that_cannot_be_written_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(demo, "BUILD", tmp_path / "file" / "demo")
    code, said = run("--lang", "en")
    assert code == 1 and said.count("\n") == 1
    assert said.startswith(f"the demo cannot go on: {tmp_path / 'file' / 'demo'}: Not a directory. What its processes")
    assert "演示无法继续" in run("--lang", "zh")[1]


@pytest.mark.parametrize("error", [httpx.ReadTimeout("timed out"), httpx.RemoteProtocolError(""), OSError("odd")])
def test_what_libraries_raise_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(demo, "_course", broken)
    code, said = run("--lang", "en")
    assert code == 1 and said.startswith("the demo cannot go on: ") and said.count("\n") == 1
    assert (str(error) or type(error).__name__) in said
