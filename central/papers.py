"""Papers of classes by their hash: drawn signatures, scanned sheets, exports of other systems. Written once, beside the
video; what each of them is, its first bytes say and not who sends it."""
from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from central.errors import NotAPaper, PaperNotKept, PaperTooLarge, UnknownPaper
from central.files import write_new
from evidence.errors import BadInput

MAX_PAPER = 10 << 20
MAX_DRAWN = 512 << 10
"""Bytes of a signature that was drawn."""
MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "pdf": b"%PDF-"}
TYPES = {"png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf", "txt": "text/plain; charset=utf-8",
         "bin": "application/octet-stream"}


class Papers:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def keeping(self, data: bytes, kind: str) -> Iterator[str]:
        """Lay bytes down, durable, for a record that names their hash; gone again where that is refused.

        Raises PaperNotKept."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._folder / f"{sha256}.{kind}"
        known = path.exists()
        self._keep(path, data)
        try:
            yield sha256
        except BadInput:
            if not known:
                path.unlink(missing_ok=True)
            raise

    def _keep(self, path: Path, data: bytes) -> None:
        fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                try:
                    write_new(fresh, data)
                    os.rename(fresh, path)
                finally:
                    fresh.unlink(missing_ok=True)
        except OSError as error:
            raise PaperNotKept(why=error.strerror) from None

    def find(self, sha256: str) -> tuple[Path, str]:
        """Where the paper with this hash is, and its media type. Raises UnknownPaper, also where its bytes are other
        ones now."""
        for kind, media in TYPES.items():
            path = self._folder / f"{sha256}.{kind}"
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                return path, media
        raise UnknownPaper()

    def has(self, sha256: str) -> bool:
        """Whether a paper of that name is here."""
        return any((self._folder / f"{sha256}.{kind}").is_file() for kind in TYPES)


def kind_of(data: bytes, most: int = MAX_PAPER) -> str:
    """What a scanned or drawn paper is: png, jpg or pdf. Raises PaperTooLarge, NotAPaper."""
    if len(data) > most:
        raise PaperTooLarge(limit=most)
    found = next((kind for kind, magic in MAGIC.items() if data.startswith(magic)), None)
    if found is None:
        raise NotAPaper()
    return found
