"""Invented bundles: a few small files, signed by a key made for the test."""
from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.release.about import Release, write_release
from provisioning.release.sums import SIGNATURE, SUMS, write_sums

RELEASE = Release("0.2.0", "x86_64", "2026-11-27T00:00:00Z", ("3.11", "3.13"), "0.1.0")
FILES = {"install-box": b"#!/bin/sh\n", "wheels/zaitang-0.2.0-py3-none-any.whl": b"PK",
         "systemd/zaitang-.service.d/sandbox.conf": b"[Service]\n", "debs.txt": b"python3\n"}


@functools.cache
def key(seed: int = 1) -> Ed25519PrivateKey:
    """Of one publisher or another."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def pem(seed: int = 1) -> bytes:
    """The publisher's release.pem."""
    return key(seed).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def bundle(folder: Path, release: Release = RELEASE, seed: int = 1) -> Path:
    """A whole signed bundle in a new folder."""
    files = {**FILES, "release.toml": write_release(release)}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "install-box").chmod(0o4755)
    resign(folder, {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}, seed)
    return folder


def resign(folder: Path, hashes: dict[str, str], seed: int = 1) -> None:
    """Sign a list of files, whatever it says."""
    resign_bytes(folder, write_sums(hashes), seed)


def resign_bytes(folder: Path, listed: bytes, seed: int = 1) -> None:
    """Sign any bytes as the list."""
    (folder / SUMS).write_bytes(listed)
    (folder / SIGNATURE).write_bytes(key(seed).sign(listed))
