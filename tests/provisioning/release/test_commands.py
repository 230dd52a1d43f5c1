"""`python -m provisioning.release`: a key is made, signs a bundle, and the bundle is checked, in both languages."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provisioning.release import errors
from provisioning.release.__main__ import main
from provisioning.release.check import check_bundle
from provisioning.release.passphrase import asked_passphrase
from provisioning.release.sign import PRIVATE, PUBLIC, keygen, sign
from provisioning.release.sums import SIGNATURE
from tests.provisioning.release.making import RELEASE, bundle, pem

WORD = b"correct horse battery"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")


@pytest.fixture
def word(tmp_path: Path) -> Path:
    path = tmp_path / "word"
    path.write_bytes(WORD + b"\n")
    path.chmod(0o600)
    return path


def test_from_a_new_key_to_a_checked_tar(tmp_path: Path, word: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys, folder = tmp_path / "keys", bundle(tmp_path / "zaitang-0.2.0-x86_64")
    assert main(["keygen", str(keys), "--passphrase-file", str(word)]) == 0
    told = capsys.readouterr().out.split("fingerprint: ")[1].strip()
    assert (keys / PRIVATE).stat().st_mode & 0o777 == 0o600 and b"ENCRYPTED" in (keys / PRIVATE).read_bytes()
    assert main(["check", str(folder), "--key", str(keys / PUBLIC)]) == 1
    assert told in capsys.readouterr().err
    assert main(["sign", str(folder), "--key", str(keys / PRIVATE), "--passphrase-file", str(word)]) == 0
    assert told in capsys.readouterr().out
    for source in (folder, folder.with_name(folder.name + ".tar")):
        assert main(["check", str(source), "--key", str(keys / PUBLIC)]) == 0
        said = capsys.readouterr().out
        assert "whole and signed: version 0.2.0" in said and told in said
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys / PUBLIC, "-rawin", "-in",
                           "SHA256SUMS", "-sigfile", "SHA256SUMS.sig"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0


def test_a_downgrade_is_refused_unless_it_is_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "release.pem").write_bytes(pem())
    check = ["check", str(bundle(tmp_path / "bundle")), "--key", str(tmp_path / "release.pem")]
    assert main([*check, "--installed", "0.3.0"]) == 1
    assert "older than the 0.3.0" in capsys.readouterr().err
    assert main([*check, "--installed", "0.3.0", "--downgrade"]) == 0
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert main([*check, "--here"]) == 1
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main([*check, "--here"]) == 1
    assert "安装包用于 x86_64" in capsys.readouterr().err


def test_no_key_is_put_in_the_place_of_another(tmp_path: Path) -> None:
    public = keygen(tmp_path, WORD)
    before = (tmp_path / PRIVATE).read_bytes()
    with pytest.raises(errors.KeyThere):
        keygen(tmp_path, WORD)
    (tmp_path / PUBLIC).unlink()
    with pytest.raises(errors.KeyThere):
        keygen(tmp_path, WORD)
    assert (tmp_path / PRIVATE).read_bytes() == before and len(public) == 32


def test_what_does_not_open_signs_nothing(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle")
    before = (folder / SIGNATURE).read_bytes()
    keygen(tmp_path, WORD)
    (tmp_path / "public").write_bytes(pem())
    for key, word in ((PRIVATE, b"another word"), ("public", WORD)):
        with pytest.raises(errors.KeyLocked):
            sign(folder, tmp_path / key, word)
    assert (folder / SIGNATURE).read_bytes() == before


def test_a_bundle_that_is_not_what_its_list_says_is_not_signed(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle")
    keygen(tmp_path, WORD)
    (folder / "install-box").write_bytes(b"evil")
    with pytest.raises(errors.FileChanged):
        sign(folder, tmp_path / PRIVATE, WORD)
    assert not (folder / SIGNATURE).exists()
    with pytest.raises(errors.Unsigned):
        check_bundle(folder, pem())
    (folder / "install-box").write_bytes(b"#!/bin/sh\n")
    assert sign(folder, tmp_path / PRIVATE, WORD) == RELEASE


def test_a_passphrase_is_long_enough_nobody_elses_and_typed_twice_the_same(
        tmp_path: Path, word: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_passphrase(word, "en") == WORD
    word.chmod(0o640)
    with pytest.raises(errors.OthersReadIt):
        asked_passphrase(word, "en")
    word.write_bytes(b"short\n")
    word.chmod(0o600)
    with pytest.raises(errors.TooShort):
        asked_passphrase(word, "en")
    typed = iter(("one word here", "another word"))
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    with pytest.raises(errors.NotTheSame):
        asked_passphrase(None, "en", new=True)

    def nobody(_: str) -> str:
        raise EOFError
    monkeypatch.setattr("getpass.getpass", nobody)
    with pytest.raises(errors.NobodyToAsk, match="--passphrase-file"):
        asked_passphrase(None, "en")
