"""Parsers of what comes on a stick: a bundle as .tar, its list of files, what it says of itself, a publisher's key."""
from __future__ import annotations

import functools
import io
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from provisioning.release.about import read_release
from provisioning.release.check import check_bundle
from provisioning.release.errors import BadRelease
from provisioning.release.key import read_key
from provisioning.release.sums import SIGNATURE, SUMS, read_sums
from provisioning.release.take import take
from tests.fuzz.parser import Bench, Parser
from tests.provisioning.release.making import bundle, pem, resign_bytes


@functools.cache
def _files() -> dict[str, bytes]:
    """Of a signed bundle, and the whole as .tar."""
    with tempfile.TemporaryDirectory() as place:
        folder, packed = bundle(Path(place) / "bundle"), io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(folder, "zaitang-0.2.0-x86_64")
        names = (SUMS, SIGNATURE, "release.toml")
        return {"tar": packed.getvalue(), **{name: (folder / name).read_bytes() for name in names}}


def _of(name: str) -> Sequence[bytes]:
    return [_files()[name]]


def _tar(data: bytes, bench: Bench) -> None:
    target = bench.folder / "taken"
    shutil.rmtree(target, ignore_errors=True)
    check_bundle(take(bench.file(data, "bundle.tar"), target), pem())


def _signed(data: bytes, bench: Bench) -> None:
    """As if the publisher had signed whatever this list says."""
    folder = bench.folder / "bundle"
    if not folder.exists():
        bundle(folder)
    resign_bytes(folder, data)
    check_bundle(folder, pem())


PARSERS = (
    Parser("a bundle", ("provisioning/release/take.py", "provisioning/release/check.py"), "bytes", lambda: _of("tar"),
           _tar, (BadRelease,), 16),
    Parser("the list of a bundle", ("provisioning/release/sums.py",), "lines", lambda: _of(SUMS),
           lambda data, _: read_sums(data), (BadRelease,)),
    Parser("a list that was signed", ("provisioning/release/sums.py",), "lines", lambda: _of(SUMS), _signed,
           (BadRelease,), 20),
    Parser("release.toml", ("provisioning/release/about.py",), "toml", lambda: _of("release.toml"),
           lambda data, _: read_release(data), (BadRelease,)),
    Parser("release.pem", ("provisioning/release/key.py",), "pem", lambda: [pem()], lambda data, _: read_key(data),
           (BadRelease,)),
)
