"""What a bundle says of itself, its list of files and its key: read as written, and nothing else is read."""
from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from provisioning.release import errors
from provisioning.release.about import ARCHS, Machine, Release, may_install, read_release, version_key, write_release
from provisioning.release.errors import BadRelease
from provisioning.release.key import fingerprint, read_key, write_key
from provisioning.release.sums import folders, read_sums, safe_path, write_sums
from tests.provisioning.release.making import RELEASE, pem

NUMBERS = st.lists(st.integers(0, 9999), min_size=2, max_size=4).map(lambda parts: ".".join(map(str, parts)))
STAGES = st.one_of(st.just(""), st.tuples(st.sampled_from(("a", "b", "rc")), st.integers(0, 99)).map(
    lambda stage: f"{stage[0]}{stage[1]}"))
VERSIONS = st.builds(lambda numbers, stage: numbers + stage, NUMBERS, STAGES)
RELEASES = st.builds(
    Release, VERSIONS, st.sampled_from(ARCHS), st.just("2026-11-27T00:00:00Z"),
    st.lists(st.integers(0, 99).map(lambda minor: f"3.{minor}"), min_size=1, max_size=8, unique=True).map(tuple),
    VERSIONS)
PARTS = st.text("abcABC019._+~%@-", min_size=1, max_size=8)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
HERE = Machine("x86_64", ("3.11",))


@given(RELEASES)
def test_a_release_is_read_as_it_was_written_and_is_toml(release: Release) -> None:
    data = write_release(release)
    assert read_release(data) == release
    table = tomllib.loads(data.decode())
    assert table.pop("python") == list(release.pythons)
    assert table == {key: value for key, value in dataclasses.asdict(release).items() if key != "pythons"}


@pytest.mark.parametrize("data", [
    b"", b"version = 1\n", b'version = "0.1.0"\n', b"\xff", b'\xd9\xa1 = "1"\n',
    write_release(RELEASE) + b'version = "9.9.9"\n', write_release(RELEASE) + b'python = ["3.12"]\n',
    write_release(RELEASE) + b'other = "x"\n', write_release(RELEASE).replace(b"x86_64", b"mips"),
    write_release(RELEASE).replace(b"0.2.0", b"0.2.0/../.."), write_release(RELEASE).replace(b"0.2.0", b"0.2.0\\n"),
    write_release(RELEASE).replace(b'"3.13"', b'"3.11"'), write_release(RELEASE).replace(b'"3.13"', b'"2.7"'),
])
def test_what_no_release_says(data: bytes) -> None:
    with pytest.raises(errors.BadAbout):
        read_release(data)
    with pytest.raises(errors.TooMuch):
        read_release(data + b"#" * 5000)


@given(st.lists(VERSIONS, min_size=2, max_size=6))
def test_versions_stand_in_the_order_of_python(versions: list[str]) -> None:
    for one, other in pairwise(versions):
        assert (version_key(one) < version_key(other)) == (Version(one) < Version(other))
        assert (version_key(one) == version_key(other)) == (Version(one) == Version(other))


@pytest.mark.parametrize("version", ["", "1", "1.", "v1.0", "1.0.post1", "1.0 ", "1.0\n", "１.0", "1.0.0.0.0",
                                     "99999.0"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(errors.BadAbout):
        version_key(version)


@pytest.mark.parametrize(("installed", "machine", "downgrade", "reasons"), [
    (None, HERE, False, []),
    ("0.1.0", HERE, False, []),
    ("0.2.0", HERE, False, []),
    ("0.2.0rc1", HERE, False, []),
    ("0.2.1", HERE, False, [errors.Older]),
    ("0.2.1", HERE, True, []),
    ("0.0.9", HERE, False, [errors.TooFarBehind]),
    ("0.0.9", HERE, True, [errors.TooFarBehind]),
    ("0.10.0", Machine("aarch64", ()), False, [errors.OtherArch, errors.NoPython, errors.Older]),
    (None, Machine("x86_64", ("3.10", "3.12")), False, [errors.NoPython]),
])
def test_what_a_machine_may_install(installed: str | None, machine: Machine, downgrade: bool,
                                    reasons: list[type[BadRelease]]) -> None:
    found = may_install(RELEASE, installed, machine, downgrade)
    assert [type(reason) for reason in found] == reasons
    assert all(reason.words("zh") != reason.words("en") == str(reason) for reason in found)


@given(RELEASES, VERSIONS)
def test_nothing_lower_goes_in_unasked(release: Release, installed: str) -> None:
    reasons = may_install(release, installed, Machine(release.arch, release.pythons))
    assert bool(reasons) == (Version(release.version) < Version(installed)
                             or Version(installed) < Version(release.updates_from))


@given(st.dictionaries(PATHS, st.binary(max_size=4).map(lambda data: hashlib.sha256(data).hexdigest()), min_size=1))
def test_a_list_is_read_as_it_was_written_or_refused_by_name(hashes: dict[str, str]) -> None:
    lower = [path.lower() for path in hashes]
    good = all(map(safe_path, hashes)) and len(set(lower)) == len(lower) and not set(lower) & folders(lower)
    if good:
        assert read_sums(write_sums(hashes)) == hashes
    else:
        with pytest.raises(errors.BadSums):
            read_sums(write_sums(hashes))


@given(PATHS)
def test_a_path_that_is_safe_stays_below_its_folder(path: str) -> None:
    if safe_path(path):
        assert Path("/top", path).resolve().is_relative_to("/top/") and str(Path(path)) == path


@pytest.mark.parametrize("data", [b"", b"\n", b"x", b"0" * 64 + b"  a", b"0" * 64 + b" *a\n", b"A" * 64 + b"  a\n",
                                  b"0" * 64 + b"  a\r\n", b"0" * 64 + b"  a b\n", b"\\" + b"0" * 64 + b"  a\n"])
def test_what_is_no_list(data: bytes) -> None:
    with pytest.raises(errors.BadSums):
        read_sums(data)


def test_names_that_a_stick_takes_for_one() -> None:
    for paths in (("A", "a"), ("A/x", "a"), ("b", "B/x")):
        with pytest.raises(errors.BadSums):
            read_sums(write_sums(dict.fromkeys(paths, "0" * 64)))


def test_a_key_is_what_openssl_writes_and_its_fingerprint_what_openssl_says(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(pem())
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", tmp_path / "key", "-outform", "DER"], capture_output=True,
                         check=True).stdout
    key = read_key(pem())
    assert der.endswith(key) and write_key(key) == pem()
    assert fingerprint(key).replace(" ", "") == hashlib.sha256(der).hexdigest()


def test_what_is_no_key() -> None:
    other = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    changed = (pem() * 2, pem().replace(b"A", b"!", 1), pem() + b" " * 5000, pem()[:-30], b"\xff" + pem())
    for data in (b"", other, *changed):
        with pytest.raises(errors.BadKey, match="somewhere"):
            read_key(data, "somewhere")


def test_every_reason_is_said_in_both_languages() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, BadRelease)]
    assert len(kinds) > 20
    for kind in kinds:
        if kind is not BadRelease:
            assert kind.en.isascii() and any("\u4e00" <= letter <= "\u9fff" for letter in kind.zh)
    inner = errors.BadSums(line=3, why=errors.NotALine())
    assert "不是" in inner.words("zh") and "not a hash" in inner.words("en")
