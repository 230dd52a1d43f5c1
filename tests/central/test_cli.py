"""`zaitang-central` as people type it: what it makes, what it says, how it ends."""
from __future__ import annotations

import re
import socket
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)

from central.centre_toml import TEMPLATES
from central.classes.plan import read_names, read_plan
from central.cli import main
from central.config import load_config
from central.errors import BadKeyFile, CannotRead, DatabaseUnusable, FileTooLarge
from central.files import load_certificate
from central.keys import load_centre_keys, sealing_key
from central.wiring import open_centre
from evidence.certs import identity
from evidence.errors import BadShape
from tests.central.helpers import write_plan


def run(*args: object) -> int:
    return main(["--lang", "en", *map(str, args)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("init", tmp_path / "centre", "--test-keys") == 0
    return tmp_path / "centre"


def test_init_makes_a_centre_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {path.name for path in folder.iterdir()} >= {"centre.toml", "keys", "zaitang.db"}
    for name in ("root/root.key", "keys/centre.key", "keys/names.key", "keys/ca.pem", "keys/tls-ca.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    before = (folder / "root" / "root.key").read_bytes()
    assert run("init", folder, "--test-keys") == 2
    assert "already holds a centre" in capsys.readouterr().err
    assert (folder / "root" / "root.key").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["centre"]


@pytest.mark.parametrize(("lang", "said"), [("en", "# What this centre is called"), ("zh", "# 监管中心的名称")])
def test_centre_toml_speaks_the_language_of_the_command(tmp_path: Path, lang: str, said: str) -> None:
    assert main(["--lang", lang, "init", str(tmp_path / "centre"), "--test-keys"]) == 0
    text = (tmp_path / "centre" / "centre.toml").read_text(encoding="utf-8")
    english = TEMPLATES["en"].format(test="true", database="")
    assert text.startswith(said) and tomllib.loads(text) == tomllib.loads(english)


def test_a_centre_whose_database_cannot_be_made_is_not_half_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DatabaseUnusable(why="the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("central.wiring.Store", full)
        assert run("init", tmp_path / "centre", "--test-keys") == 1
    assert "the disk is full" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert run("init", tmp_path / "centre", "--test-keys") == 0


def test_the_root_of_a_real_site_is_locked_and_carried_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, phrase, away = tmp_path / "centre", tmp_path / "phrase", tmp_path / "stick"
    assert run("init", folder) == 2
    assert "nobody can type" in capsys.readouterr().err
    phrase.write_text("short")
    assert run("init", folder, "--passphrase-file", phrase) == 2
    assert "12 characters at least" in capsys.readouterr().err and not folder.exists()
    phrase.write_text("correct horse battery\n")
    assert run("init", folder, "--passphrase-file", phrase) == 0
    assert "Carry" in capsys.readouterr().out
    assert b"ENCRYPTED" in (folder / "root" / "root.key").read_bytes()
    (folder / "root").rename(away)
    key = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "box.pub").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    issue = ("box", "issue", "box-1", "--centre", folder, "--key", tmp_path / "box.pub", "--out", tmp_path / "box.pem")
    assert run(*issue) == 0
    first = (tmp_path / "box.pem").read_text()
    (folder / "keys" / "ca.pem").unlink()
    assert run(*issue) == 2
    assert "has no intermediate" in capsys.readouterr().err
    (tmp_path / "wrong").write_text("battery staple horse")
    sign = ("root", "sign", "--root", away, "--centre", folder, "--passphrase-file")
    assert run(*sign, tmp_path / "wrong") == 2
    assert "the passphrase does not open it" in capsys.readouterr().err
    assert run(*sign, phrase) == 0
    assert run(*issue) == 0
    root = load_certificate(folder / "keys" / "root.pem")
    for text in (first, (tmp_path / "box.pem").read_text()):
        who = identity(text, root, "box")
        assert (who.name, who.test) == ("box-1", False)
    assert len(list((folder / "keys").glob("tls-ca-*.pem"))) == 1


def test_the_root_of_another_site_signs_nothing_here(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", tmp_path / "other", "--test-keys") == 0
    before = {path.name: path.read_bytes() for path in (folder / "keys").iterdir()}
    assert run("root", "sign", "--root", tmp_path / "other" / "root", "--centre", folder) == 2
    assert "is not the one of this centre" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (folder / "keys").iterdir()} == before


def test_what_cannot_be_listened_on_or_read_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("serve", "--centre", folder, "--port", 70000) == 2
    assert "a port is a number from 0 to 65535" in capsys.readouterr().err
    (folder / "centre.toml").write_bytes(b"\xff")
    assert run("class", "list", "--centre", folder) == 2
    assert "it is not UTF-8 text" in capsys.readouterr().err
    assert run("class", "list", "--centre", folder / "centre.toml") == 2
    assert capsys.readouterr().err.endswith("cannot be read: Not a directory\n")


def test_a_second_collector_is_refused_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from central.alone import alone

    toml = folder / "centre.toml"
    with socket.socket() as held:  # nobody listens there, and nobody else comes to
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        toml.write_text(toml.read_text().replace("port = 1883", f"port = {port}"))
        with alone(folder):
            assert run("collect", "--centre", folder) == 2
        assert f"a collector of {folder} is already running" in capsys.readouterr().err
        assert run("collect", "--centre", folder) == 2
    assert f"the broker at 127.0.0.1:{port} cannot be reached" in capsys.readouterr().err


def test_a_box_gets_a_certificate_of_the_root(folder: Path, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "box.pub").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    out = tmp_path / "box.pem"
    assert run("box", "issue", "box-1", "--centre", folder, "--key", tmp_path / "box.pub", "--out", out) == 0
    who = identity(out.read_text(), load_certificate(folder / "keys" / "root.pem"), "box")
    assert (who.name, who.public_key, who.test) == ("box-1", key, True)


def test_classes_are_added_listed_and_shown(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, names = write_plan(tmp_path)
    assert run("class", "add", plan, "--names", names, "--centre", folder) == 0
    assert "Order 1 of class welder-1 is signed: 4 people, 3 class-hours." in capsys.readouterr().out
    assert run("class", "list", "--centre", folder) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert told[0] == ["Class", "Order", "People", "Policy", "Title"] and told[1][:4] == ["welder-1", "1", "4", "demo"]
    assert run("class", "show", "welder-1", "--centre", folder) == 0
    assert "\ttrainee\t张伟" in capsys.readouterr().out


def test_accounts_are_made_listed_and_changed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*arguments: object) -> str:
        capsys.readouterr()
        assert run(*arguments[:2], "--centre", folder, *arguments[2:]) == 0
        return capsys.readouterr().out

    assert "There is no account yet" in said("user", "list")
    link = re.search(r"http://127\.0\.0\.1:8470/welcome/([\w-]{43})\n", said(
        "user", "add", "wang", "--role", "administrator", "--link"))
    assert link is not None
    assert "411202" in said("institution", "add", "school-1", "--name", "学校", "--region", "411202")
    assert "学校" in said("institution", "list")
    file = tmp_path / "password"
    file.write_text("correct horse battery\r\nmore\n")
    said("user", "add", "zhao", "--role", "institution", "--institution", "school-1", "--password-file", file)
    said("user", "change", "zhao", "--role", "auditor", "--region", "410000")
    said("user", "disable", "zhao")
    listed = said("user", "list").splitlines()
    assert [line.split()[:3] for line in listed[1:]] == [["wang", "administrator", "no"], ["zhao", "auditor", "410000"]]
    assert "disabled" in listed[2]
    said("user", "enable", "zhao")
    said("user", "totp-off", "zhao")
    assert "/welcome/" in said("user", "password", "zhao", "--link")
    said("user", "password", "zhao", "--password-file", file)
    centre = open_centre(folder)
    assert centre.door().enter("zhao", "correct horse battery", "").whole
    assert centre.door().enter_by_link(link[1], "another long sentence").whole
    centre.store.close()
    typed = ["typed by somebody", "typed by somebody else"]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda _: typed.pop())
    assert run("user", "password", "--centre", folder, "zhao") == 2
    assert "not twice the same" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "said"), [
    (("user", "add", "A", "--role", "auditor", "--region", "410000", "--link"), "cannot be the name"),
    (("user", "add", "a", "--role", "auditor", "--link"), "six digits"),
    (("user", "add", "a", "--role", "institution", "--institution", "none", "--link"), "no institution none"),
    (("user", "add", "a", "--role", "administrator"), "--password-file"),
    (("user", "disable", "a"), "no account a"), (("user", "password", "a", "--link"), "no account a"),
    (("institution", "add", "a", "--name", "x", "--region", "41"), "no region"),
])
def test_what_cannot_be_an_account_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run(*arguments[:2], "--centre", folder, *arguments[2:]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize("args, words", [
    (["class", "show", "nothing"], "there is no class nothing"),
    (["class", "add", "no-plan.toml", "--names", "no-names.toml"], "no-plan.toml cannot be read"),
    (["box", "issue", "Box 1", "--key", "k", "--out", "o"], "Box 1 is not a box's id"),
    (["box", "issue", "box-1", "--key", "no-key.pem", "--out", "o"], "no-key.pem cannot be used"),
    (["box", "add", "no-cert.pem"], "no-cert.pem cannot be used"),
    (["export", "nothing", "--to", "somewhere-new"], "there is no class nothing"),
    (["serve", "--host", "0.0.0.0"], "0.0.0.0 is refused"),
])
def test_bad_input_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], words: str
) -> None:
    assert run(*args, "--centre", folder) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("toml, words", [
    ('device = "centre"\nname = "x"\n[broker]\nport = 70000\n', "centre.toml: broker.port: 70000 is out of range"),
    ('device = "centre"\nname = "x"\ncolour = "red"\n', "centre.toml: colour: is not a known key"),
    ("device = ", "centre.toml: (whole)"),
    ('device = "other"\nname = "x"\naccept_test_keys = true\n', "calls this centre other"),
])
def test_a_bad_configuration_names_file_and_key(
    folder: Path, capsys: pytest.CaptureFixture[str], toml: str, words: str
) -> None:
    (folder / "centre.toml").write_text(toml)
    assert run("class", "list", "--centre", folder) == 2
    assert words in capsys.readouterr().err


def test_a_folder_that_is_no_centre_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("class", "list", "--centre", tmp_path) == 2
    assert "zaitang-central init" in capsys.readouterr().err


def test_a_broken_database_is_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in folder.glob("zaitang.db*"):
        path.write_bytes(b"this is no database" * 100)
    assert run("class", "list", "--centre", folder) == 1
    assert "database cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("text", [b"a=" + b"9" * 5000, b"a=" + b"[" * 5000, b"\xff", b"#" * (2 << 20)])
def test_what_is_no_toml_is_told_so(folder: Path, tmp_path: Path, text: bytes) -> None:
    for name in ("centre.toml", "plan.toml", "names.toml"):
        (tmp_path / name).write_bytes(text)
    for read in (lambda: read_plan(tmp_path / "plan.toml"), lambda: read_names(tmp_path / "names.toml"),
                 lambda: load_config(tmp_path)):
        with pytest.raises((BadShape, CannotRead, FileTooLarge)):
            read()


def test_nothing_heavy_is_read_before_the_command_is_known() -> None:
    """A command that is misspelt is told so at once, also on a small machine."""
    script = ("import sys, central.cli\ntry:\n    central.cli.main(['--help'])\nfinally:\n    print([one for one in "
              "('sqlalchemy', 'fastapi', 'openpyxl', 'numpy', 'av', 'weasyprint') if one in sys.modules], "
              "file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", ["centre.key", "sealing.key"])
def test_a_key_that_wants_a_password_is_refused(folder: Path, name: str) -> None:
    encrypted = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (folder / "keys" / name).write_bytes(encrypted)
    with pytest.raises(BadKeyFile, match="not a private key in PEM"):
        load_centre_keys(folder / "keys") if name == "centre.key" else sealing_key(folder / "keys")
