"""The command: its exit status, its sentences in both languages, and what it says about bad arguments."""
from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from common.texts import translate
from evidence.certs import fingerprint
from evidence.errors import ZaitangError
from tests.verify.making import class_of, listing, put
from verify import errors, report
from verify.cli import main
from verify.progress import Bar


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_summary_in_both_languages(export: Path, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    assert main([str(export), "--lang", lang]) == 0
    out = capsys.readouterr().out
    for words in {"zh": ("测试密钥", "完整", "签名者未核定", "不符合"), "en": ("TEST KEY", "Whole", "Signer not pinned",
                                                               "violated")}[lang]:
        assert words in out
    when = {"zh": "截至 2026年3月2日 09:40:00 (UTC+8)", "en": "up to Mar 2, 2026 09:40:00 (UTC+8)"}[lang]
    assert when in out and "2026-03-02T" not in out


def test_chinese_comes_first(export: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    main([str(export)])
    assert "完整" in capsys.readouterr().out
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    main([str(export)])
    assert "Whole" in capsys.readouterr().out


def test_the_first_broken_thing_in_chinese(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (export / "segments/box-1/r-1/000001.mp4").unlink()
    assert main([str(export), "--lang", "zh"]) == 1
    assert "1. 缺少 box-1 的录像片段 r-1/000001.mp4" in capsys.readouterr().out


@pytest.mark.parametrize(("lang", "one", "two"), [
    ("en", "Does not hold: 1 problem.\n", "Does not hold: 2 problems, the first broken thing first.\n"),
    ("zh", "不成立：发现 1 个问题。\n", "不成立：发现 2 个问题，最先损坏的列在最前。\n"),
])
def test_one_problem_is_one(export: Path, capsys: pytest.CaptureFixture[str], lang: str, one: str, two: str) -> None:
    for index, said in enumerate((one, two)):
        (export / f"segments/box-1/r-1/{index:06}.mp4").unlink()
        assert main([str(export), "--lang", lang]) == 1
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(("lang", "said"), [
    ("en", ["If class-hours are counted: not showing everyone 0, undecided 1 – clear",
            "If only those who checked in at the opening must be shown: not showing everyone 0, undecided 1 – clear",
            "If those on approved leave are left out: not showing everyone 0, undecided 1 – clear"]),
    ("zh", ["若按学时计次：未显示全体 0 次，待定 1 次——通过"]),
])
def test_the_other_readings_are_printed(
    export: Path, capsys: pytest.CaptureFixture[str], lang: str, said: list[str]
) -> None:
    assert main([str(export), "--lang", lang]) == 0
    out = capsys.readouterr().out
    assert [line for line in said if line not in out] == []


def test_a_system_that_knows_fewer_ways_to_open_a_file_checks_too(
    export: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"):
        monkeypatch.delattr(os, name)
    assert main([str(export), "--lang", "en"]) == 0


def test_what_is_no_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "file", b"")
    (tmp_path / "empty").mkdir()
    unpack = "it is not a folder. An archive that was downloaded as a ZIP must be unpacked first"
    for name, why in (("file", unpack), ("nowhere", "it does not exist"),
                      ("empty", "it is neither an exported class, nor a bag of one, nor the folder of a box")):
        assert main([str(tmp_path / name), "--lang", "en"]) == 2
        captured = capsys.readouterr()
        hint = "" if name == "nowhere" else (". Dossiers and figures are no evidence: at the centre, `zaitang-central"
                                             " export CLASS --to FOLDER` writes it")
        assert captured.err == f"{tmp_path / name} cannot be read as evidence: {why}{hint}\n"
        assert captured.out == ""


@pytest.mark.parametrize("spelled", [
    lambda digits: " ".join(digits[at:at + 4] for at in range(0, 64, 4)),
    lambda digits: ":".join(digits[at:at + 2] for at in range(0, 64, 2)).upper(),
    lambda digits: f" {digits}\n",
], ids=["groups of four", "colons", "with its line"])
def test_a_fingerprint_as_it_is_printed(
    export: Path, capsys: pytest.CaptureFixture[str], spelled: Callable[[str], str],
) -> None:
    root = fingerprint(class_of()[0].root)
    assert main([str(export), "--lang", "en", "--root", spelled(root)]) == 0
    assert "Signer pinned" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["nowhere.pem", "", "abcdef", "\x00"])
def test_a_root_that_is_none(export: Path, capsys: pytest.CaptureFixture[str], value: str) -> None:
    assert main([str(export), "--lang", "en", "--root", value]) == 2
    assert capsys.readouterr().err.startswith(f"--root {value}".replace("\x00", "\\x00"))


def test_files_that_are_no_root(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data in (b"\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"x" * 100_000):
        put(tmp_path / "root.pem", data)
        assert main([str(export), "--root", str(tmp_path / "root.pem")]) == 2


def test_a_result_that_cannot_be_written(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "no" / "such" / "result.json"
    assert main([str(export), "--lang", "en", "--json", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"the result cannot be written to {out}: No such file or directory\n"
    assert "Whole" in captured.out


def test_a_result_is_never_written_into_the_evidence(
    export: Path, box: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    for folder, name in ((export, "result.json"), (export, "manifest.json"), (box, "keys/../zaitang.db")):
        before = listing(folder)
        assert main([str(folder), "--lang", "en", "--json", str(folder / name)]) == 2
        assert capsys.readouterr().err.endswith("it lies within the evidence\n")
        assert listing(folder) == before


def test_a_name_that_is_too_long(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["a" * 5000], [str(export), "--root", "a" * 5000], [str(export), "--json", "a" * 5000]):
        assert main(["--lang", "en", *arguments]) == 2
        assert capsys.readouterr().err.endswith("File name too long\n")


def test_a_root_that_never_ends_is_not_read(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "root.pem")
    for root in (tmp_path / "root.pem", Path("/dev/zero")):
        assert main([str(export), "--lang", "en", "--root", str(root)]) == 2
        assert capsys.readouterr().err.endswith("it is not a plain file\n")


def test_every_sentence_has_its_chinese() -> None:
    said = [value for value in vars(report).values() if isinstance(value, str) and " " in value
            and not value.startswith(("A result", "from "))]
    said += [value.text for value in vars(errors).values() if isinstance(value, type)
             and issubclass(value, ZaitangError) and value.__module__ == errors.__name__]
    assert len(said) > 30
    assert [text for text in said if translate(text, "zh") == text] == []


def test_it_imports_nothing_of_the_two_ends() -> None:
    code = ("import sys, verify.cli; heavy = {'edge', 'central', 'numpy', 'cv2', 'av', 'fastapi', 'sqlalchemy',"
            " 'sqlite_utils'}; sys.exit(', '.join(heavy & set(sys.modules)) or 0)")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_bar_is_drawn_on_a_terminal_only() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        bar = Bar(stream, 10 << 20, "reading")
        bar.advance(5 << 20)
        bar.close()
    assert " 50%" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert file.getvalue() == ""


def test_a_reader_that_stops_reading_changes_nothing(export: Path) -> None:
    program = Path(sys.executable).with_name("zaitang-verify")
    command = f"{program} {export} --lang en | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], text=True, capture_output=True, check=False)
    assert done.stdout.splitlines()[-1] == "0" and done.stderr == ""
