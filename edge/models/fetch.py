"""Gets the files of a pack: mirror first, then upstream; a file with a wrong hash is refused and never kept."""
from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import IO, cast

from edge.errors import CannotWrite
from edge.models.errors import (
    LicenceNotAccepted,
    ModelMissing,
    ModelUnreachable,
    NotInMirror,
    NotInMirrorNorFetched,
    PackageMissing,
    WrongModel,
)
from edge.models.manifest import Manifest, ModelFile
from edge.storage.files import sha256_file

log = logging.getLogger(__name__)

CACHE_LIMIT = 2 << 30
"""Bytes the cache may hold; the least recently used files of other packs go first."""
WITHOUT = frozenset({"person"})
"""Roles that a pack does without: it then measures less, and its records say so."""
BLOCK = 1 << 20
TIMEOUT_S = 30

Progress = Callable[[str, int, int], None]
"""Called with file name, bytes so far and bytes in all."""


def fetch(manifest: Manifest, env: Mapping[str, str] = os.environ, progress: Progress | None = None) -> dict[str, Path]:
    """Every file of the pack by name, checked. One that a pack does without (`WITHOUT`) may be lacking.

    Raises LicenceNotAccepted, ModelMissing, PackageMissing, ModelUnreachable, WrongModel, CannotWrite."""
    if manifest.engine == "insightface" and not manifest.accepted:
        raise LicenceNotAccepted(pack=manifest.id, licence=manifest.licence)
    files = {}
    for file in manifest.files:
        try:
            files[file.name] = _one(manifest, file, env, progress)
        except (ModelMissing, ModelUnreachable) as error:
            if file.role not in WITHOUT:
                raise
            log.warning("%s; heads that are turned away are not counted", error)
    _bound(cache_folder(env), keep=set(files.values()))
    return files


def present(manifest: Manifest, file: ModelFile, env: Mapping[str, str] = os.environ) -> bool:
    """Whether a right copy lies on this machine already (no network)."""
    path = _packaged(file) if file.package else _cached(file, env)
    return path is not None and path.is_file() and sha256_file(path) == file.sha256


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """ZAITANG_MODEL_CACHE, else `zaitang/models` in the XDG data folder."""
    if chosen := env.get("ZAITANG_MODEL_CACHE"):
        return Path(chosen)
    data = env.get("XDG_DATA_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".local" / "share")
    return Path(data) / "zaitang" / "models"


def _one(manifest: Manifest, file: ModelFile, env: Mapping[str, str], progress: Progress | None) -> Path:
    if file.package:
        return _from_package(manifest, file)
    path = _cached(file, env)
    if path.is_file():
        if sha256_file(path) == file.sha256:
            path.touch()
            return path
        path.unlink()
    source = _source(manifest, file, env)
    mirror = env.get("ZAITANG_MODEL_MIRROR", "")
    try:
        _download(manifest, file, source, path, progress)
    except ModelUnreachable as error:
        if source != file.url or not mirror or "://" in mirror:
            raise
        raise NotInMirrorNorFetched(
            pack=manifest.id, file=file.name, folder=mirror, source=source, why=error.params["why"]) from None
    return path


def _from_package(manifest: Manifest, file: ModelFile) -> Path:
    path = _packaged(file)
    if path is None or not path.is_file():
        raise PackageMissing(pack=manifest.id, package=file.package)
    got = sha256_file(path)
    if got != file.sha256:
        raise WrongModel(pack=manifest.id, file=file.name, source=str(path), got=got)
    return path


def _packaged(file: ModelFile) -> Path | None:
    """The file inside its package. The package is found, not imported: its import fails with today's setuptools."""
    spec = importlib.util.find_spec(file.package or "")
    if spec is None or not spec.submodule_search_locations or file.inside is None:
        return None
    return Path(spec.submodule_search_locations[0]) / file.inside


def _cached(file: ModelFile, env: Mapping[str, str]) -> Path:
    return cache_folder(env) / file.sha256[:16] / file.name


def _source(manifest: Manifest, file: ModelFile, env: Mapping[str, str]) -> str:
    """Where the file is: in the mirror if it has it, else upstream."""
    mirror = env.get("ZAITANG_MODEL_MIRROR", "")
    if mirror.startswith(("http://", "https://")):
        address = f"{mirror.rstrip('/')}/{file.name}"
        if file.url is None or _answers(address):
            return address
    elif mirror and (Path(mirror) / file.name).is_file():
        return str(Path(mirror) / file.name)
    if file.url is None and mirror and "://" not in mirror:
        raise NotInMirror(pack=manifest.id, file=file.name, folder=mirror)
    if file.url is None:
        raise ModelMissing(pack=manifest.id, file=file.name)
    return file.url


def _answers(address: str) -> bool:
    try:
        request = urllib.request.Request(address, method="HEAD")
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            return True
    except (OSError, HTTPException, ValueError):
        return False


def _download(manifest: Manifest, file: ModelFile, source: str, path: Path, progress: Progress | None) -> None:
    """Copy into the cache under a temporary name; only a file with the right hash gets its real one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as part:
            try:
                got = _copy(_blocks(manifest, file, source), part.file, file, progress)
                if got != file.sha256:
                    raise WrongModel(pack=manifest.id, file=file.name, source=source, got=got)
                os.fsync(part.fileno())
                os.replace(part.name, path)
            finally:
                Path(part.name).unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None


def _copy(blocks: Iterator[bytes], target: IO[bytes], file: ModelFile, progress: Progress | None) -> str:
    digest, done = hashlib.sha256(), 0
    for block in blocks:
        digest.update(block)
        target.write(block)
        done += len(block)
        if progress:
            progress(file.name, done, file.size)
        if done > file.size:
            break
    target.flush()
    return digest.hexdigest()


def _blocks(manifest: Manifest, file: ModelFile, source: str) -> Iterator[bytes]:
    """The bytes of the source. Raises ModelUnreachable; what its reader raises meanwhile is not the source's fault."""
    try:
        with _open(source) as answer:
            yield from iter(lambda: answer.read(BLOCK), b"")
    except (OSError, HTTPException, ValueError) as error:
        raise ModelUnreachable(pack=manifest.id, file=file.name, source=source, why=_why(error)) from None


def _open(source: str) -> IO[bytes]:
    if source.startswith(("http://", "https://")):
        return cast(IO[bytes], urllib.request.urlopen(source, timeout=TIMEOUT_S))
    return open(source, "rb")


def _why(error: Exception) -> str:
    """The system's own words, which have a translation; urllib wraps them."""
    reason = getattr(error, "reason", error)
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _bound(folder: Path, keep: set[Path]) -> None:
    """Remove the least recently used files of other packs until the cache is within its limit."""
    files = [path for path in folder.glob("*/*") if path.is_file()] if folder.is_dir() else []
    total = sum(path.stat().st_size for path in files)
    for path in sorted(files, key=lambda path: path.stat().st_mtime):
        if total <= CACHE_LIMIT:
            return
        if path not in keep:
            total -= path.stat().st_size
            path.unlink(missing_ok=True)
