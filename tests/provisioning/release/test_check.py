"""A bundle is taken whole and signed by its publisher, or not at all: each attack by its name, by both programs."""
from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.release import errors
from provisioning.release.about import Release
from provisioning.release.check import check_bundle, verify_by_openssl
from provisioning.release.sums import MAX_FILES, MAX_SUMS, SIGNATURE, SUMS, read_sums
from tests.provisioning.release.making import FILES, RELEASE, bundle, key, pem, resign, resign_bytes

Check = Callable[[Path], Release]


def by_openssl(folder: Path) -> Release:
    return verify_by_openssl(folder, pem())


@pytest.fixture(params=["cryptography", "openssl"])
def check(request: pytest.FixtureRequest) -> Check:
    return by_openssl if request.param == "openssl" else lambda folder: check_bundle(folder, pem())


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return bundle(tmp_path / "bundle")


def test_a_whole_bundle_is_what_it_says(check: Check, whole: Path) -> None:
    assert check(whole) == RELEASE
    done = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=whole, capture_output=True, check=False)
    assert done.returncode == 0


def test_progress_counts_every_file(whole: Path) -> None:
    told: list[tuple[int, int]] = []
    check_bundle(whole, pem(), lambda done, of: told.append((done, of)))
    assert told == [(number, len(FILES) + 1) for number in range(1, len(FILES) + 2)]


@pytest.mark.parametrize("name", [*FILES, "release.toml"])
def test_a_flipped_bit(check: Check, whole: Path, name: str) -> None:
    data = bytearray((whole / name).read_bytes())
    data[-1] ^= 1
    (whole / name).write_bytes(data)
    with pytest.raises(errors.FileChanged, match=name):
        check(whole)


def test_two_files_swapped(check: Check, whole: Path) -> None:
    one, other = whole / "install-box", whole / "debs.txt"
    one.rename(whole / "aside")
    other.rename(one)
    (whole / "aside").rename(other)
    with pytest.raises(errors.FileChanged):
        check(whole)


def test_a_missing_file(check: Check, whole: Path) -> None:
    (whole / "debs.txt").unlink()
    with pytest.raises(errors.FileMissing, match=r"debs\.txt"):
        check(whole)


@pytest.mark.parametrize("name", ["wheels/evil-9-py3-none-any.whl", "evil/evil", ".hidden", "SHA256SUMS.sig2", "a\nb"])
def test_an_extra_file(check: Check, whole: Path, name: str) -> None:
    (whole / name).parent.mkdir(exist_ok=True)
    (whole / name).write_bytes(b"x")
    with pytest.raises(errors.FileExtra):
        check(whole)


def test_an_extra_folder_with_nothing_in_it(check: Check, whole: Path) -> None:
    (whole / "evil").mkdir()
    with pytest.raises(errors.FileExtra, match="evil"):
        check(whole)


@pytest.mark.parametrize("name", ["debs.txt", "extra", SUMS, SIGNATURE])
def test_a_link_to_the_very_bytes(check: Check, whole: Path, name: str) -> None:
    place = whole.parent / "elsewhere"
    if (whole / name).exists():
        (whole / name).rename(place)
    else:
        place.write_bytes(b"x")
    (whole / name).symlink_to(place)
    with pytest.raises(errors.NotPlain):
        check(whole)


def test_a_folder_that_is_a_link(check: Check, whole: Path) -> None:
    (whole / "wheels").rename(whole.parent / "wheels")
    (whole / "wheels").symlink_to(whole.parent / "wheels")
    with pytest.raises(errors.NotPlain, match="wheels"):
        check(whole)


@pytest.mark.parametrize("name", ["debs.txt", SUMS])
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_a_thing_that_is_no_file(whole: Path, name: str, kind: str) -> None:
    (whole / name).unlink()
    if kind == "pipe":
        os.mkfifo(whole / name)
    elif kind == "folder":
        (whole / name).mkdir()
    else:
        with socket.socket(socket.AF_UNIX) as one, pytest.MonkeyPatch.context() as patch:
            patch.chdir(whole)
            one.bind(name)
    with pytest.raises((errors.NotPlain, errors.FileExtra, errors.CannotRead)):
        check_bundle(whole, pem())


def test_a_bundle_that_nobody_signed(check: Check, whole: Path) -> None:
    (whole / SIGNATURE).unlink()
    with pytest.raises(errors.Unsigned):
        check(whole)


@pytest.mark.parametrize("length", [0, 1, 32, 63])
def test_a_truncated_signature(check: Check, whole: Path, length: int) -> None:
    (whole / SIGNATURE).write_bytes((whole / SIGNATURE).read_bytes()[:length])
    with pytest.raises(errors.WrongSignature):
        check(whole)


def test_a_longer_signature(check: Check, whole: Path) -> None:
    (whole / SIGNATURE).write_bytes((whole / SIGNATURE).read_bytes() + b"\n")
    with pytest.raises(errors.WrongSignature):
        check(whole)


def test_a_signature_by_another_key(check: Check, tmp_path: Path) -> None:
    with pytest.raises(errors.WrongSignature):
        check(bundle(tmp_path / "other", seed=2))


def test_a_signature_of_another_list(check: Check, whole: Path) -> None:
    (whole / SIGNATURE).write_bytes(key().sign(b"something else"))
    with pytest.raises(errors.WrongSignature):
        check(whole)


def test_a_changed_list(check: Check, whole: Path) -> None:
    (whole / "install-box").write_bytes(b"evil")
    hashes = read_sums((whole / SUMS).read_bytes())
    resign(whole, {**hashes, "install-box": "0" * 64}, seed=3)
    with pytest.raises(errors.WrongSignature):
        check(whole)


@pytest.mark.parametrize("path", ["../evil", "/etc/passwd", "wheels/../../evil", "./debs.txt", "wheels//x", "a/", "-rf",
                                  "SHA256SUMS", "debs.txt."])
def test_a_signed_path_that_escapes(check: Check, whole: Path, path: str) -> None:
    resign_bytes(whole, f"{'0' * 64}  {path}\n".encode())
    with pytest.raises(errors.BadSums):
        check(whole)


def test_a_list_of_too_many_files(whole: Path) -> None:
    resign(whole, {f"f{number}": "0" * 64 for number in range(MAX_FILES + 1)})
    with pytest.raises(errors.TooMuch):
        check_bundle(whole, pem())


def test_a_list_without_an_end(whole: Path) -> None:
    with (whole / SUMS).open("wb") as file:
        file.truncate(MAX_SUMS * 1000)
    with pytest.raises(errors.TooMuch):
        check_bundle(whole, pem())


def test_a_file_without_an_end(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.release.check.MAX_FILE", 1 << 20)
    with (whole / "debs.txt").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(errors.TooMuch):
        check_bundle(whole, pem())


def test_a_folder_of_countless_files(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioning.release.check.MAX_FILES", 20)
    for number in range(30):
        (whole / "wheels" / f"{number}").write_bytes(b"")
    with pytest.raises(errors.TooMuch):
        check_bundle(whole, pem())


def test_a_folder_that_is_no_bundle(check: Check, tmp_path: Path) -> None:
    with pytest.raises(errors.NoBundle):
        check(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.NoBundle):
        check(tmp_path / "empty")


def test_a_signed_bundle_that_does_not_say_what_it_is(check: Check, whole: Path) -> None:
    (whole / "release.toml").unlink()
    hashes = read_sums((whole / SUMS).read_bytes())
    resign(whole, {name: told for name, told in hashes.items() if name != "release.toml"})
    with pytest.raises(errors.FileMissing, match=r"release\.toml"):
        check(whole)


def test_without_openssl_the_first_check_says_what_to_install(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(whole))
    with pytest.raises(errors.NoOpenssl, match="apt-get install openssl"):
        by_openssl(whole)


def test_the_first_check_needs_the_standard_library_alone(whole: Path) -> None:
    shutil.copytree(Path(errors.__file__).parents[1] / "release", whole.parent / "bare" / "provisioning" / "release",
                    ignore=shutil.ignore_patterns("__pycache__"))
    said = ("import sys, pathlib; from provisioning.release.check import verify_by_openssl\n"
            "folder, key = pathlib.Path(sys.argv[1]), sys.argv[2].encode()\n"
            "print(verify_by_openssl(folder, key).version, 'cryptography' in sys.modules)")
    python = next(path for path in ("/usr/bin/python3", "python3") if shutil.which(path))
    done = subprocess.run([python, "-S", "-c", said, whole, pem()], cwd=whole.parent / "bare",
                          env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0.2.0 False\n", "")
