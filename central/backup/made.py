"""What a backup says of itself (backup.json): signed by the centre, so that nobody changes one without its key.

    TO/objects/...                     files by their hash, of all backups in TO
    TO/<moment>/backup.json            the envelope of `Made`
    TO/<moment>/zaitang.db             the database, whichever it was, as a file of SQLite
    TO/<moment>/centre.sealed          the small files of the folder, keys among them (small.py)
    TO/<moment>/objects.txt            which files belong to it (listing.py)
    TO/<moment>/checkpoint             how the centre's tree looked, signed
"""
from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Annotated, Literal

from cryptography import x509

from central.backup.errors import BackupChanged, NoBackup, OtherSite
from evidence.canonical import MAX_BYTES, canonical, parse
from evidence.certs import Identity, fingerprint, identity, read_certificate
from evidence.errors import BadCertificate, BadRecord, BadShape, VerificationError
from evidence.records import Count, Id, Sha256, Utc
from evidence.seal import Signer, open_envelope, seal, verify_seal
from evidence.shape import Match, decode, encode

TYPE = "application/vnd.zaitang.backup.v1+json"
HEAD, DATABASE, SMALL, LISTING, CHECKPOINT = "backup.json", "zaitang.db", "centre.sealed", "objects.txt", "checkpoint"
OBJECTS = "objects"
CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Made:
    """`files`: hashes of database, small files, listing and checkpoint; `root`, `certificate`: PEM of the site's root,
    and of the centre; `video`: whether the video that lay at the centre is in it; `size`, `records`: of the tree and of
    the database when it was made."""

    v: Literal[1]
    centre: Id
    at: Utc
    root: str
    certificate: str
    software: Annotated[str, Match(r".{0,100}", "at most 100 characters")]
    video: bool
    size: Count
    records: Count
    database: Sha256
    small: Sha256
    listing: Sha256
    checkpoint: Sha256


def write_made(made: Made, signer: Signer) -> bytes:
    """The envelope."""
    return seal(canonical(encode(made)), TYPE, signer)


def read_made(folder: Path, root: str | None) -> tuple[Made, Identity, x509.Certificate]:
    """What a backup says, once its seal holds, and who sealed it. `root`: the fingerprint of the root that it must be
    of; None: of whichever it says. Raises NoBackup, OtherSite, BackupChanged."""
    try:
        with (folder / HEAD).open("rb") as file:
            envelope = file.read(MAX_BYTES + 1)
        made = decode(Made, parse(open_envelope(envelope, TYPE).payload), HEAD, strict=True)
        own = read_certificate(made.root)
    except OSError as error:
        raise NoBackup(folder=folder, why=error.strerror) from None
    except (BadRecord, BadShape, BadCertificate) as error:
        raise NoBackup(folder=folder, why=error) from None
    if root is not None and fingerprint(own) != root.replace(":", "").lower():
        raise OtherSite(root=fingerprint(own))
    try:
        who = identity(made.certificate, own, "centre", HEAD)
        verify_seal(envelope, TYPE, who.public_key, HEAD)
    except (VerificationError, BadRecord, BadCertificate) as error:
        raise BackupChanged(folder=folder, why=error) from None
    return made, who, own


def check_files(folder: Path, made: Made) -> None:
    """Each of its files has the bytes that it had; also one that is gone, or on a bad sector, has not. Raises
    BackupChanged."""
    for name, sha256 in ((DATABASE, made.database), (SMALL, made.small), (LISTING, made.listing),
                         (CHECKPOINT, made.checkpoint)):
        try:
            same = hash_of(folder / name, folder) == sha256
        except NoBackup as error:
            raise BackupChanged(folder=folder, why=error.params["why"]) from None
        if not same:
            raise BackupChanged(folder=folder, why=name)


def hash_of(path: Path, folder: Path) -> str:
    """Hex SHA-256 of a file of a backup. Raises NoBackup."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NoBackup(folder=folder, why=f"{path.name}: {error.strerror}") from None
