"""One bucket of an object store that speaks S3, through obstore: files of boxes by their hash, each whole or not there.

What is sent carries its checksum, so that the store takes no other bytes; what comes back is hashed again. A bucket
with Object Lock and a default retention lets nobody change or remove a version before its day, also not this centre:
that day is in what the store says of an object (HeadObject), and is asked for after each file.
"""
from __future__ import annotations

import datetime
import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from central.bucket.errors import BucketAway, BucketChanged, BucketRefuses, NotInBucket
from central.bucket.keys import BucketKeys
from central.config import BucketPlace
from common.logs import Log
from common.texts import N_

CHUNK = 1 << 20
PART = 16 << 20
"""Bytes of a part: what lies in memory of a file. Small ones go in one part, too: a bucket that locks takes a whole one
only with a header (Content-MD5 or x-amz-sdk-checksum-algorithm) that obstore does not send; parts carry theirs."""
CONNECT, SILENT, AT_ALL = datetime.timedelta(seconds=10), datetime.timedelta(seconds=30), datetime.timedelta(minutes=10)
"""How long a connection may take, a read without a byte, and one request as a whole."""
RETRIES, RETRY = 3, datetime.timedelta(seconds=60)
PROBE = b"zaitang: may this centre write, read and remove here?\n"
SIGNED = datetime.timedelta(minutes=1)
LOCKED = "x-amz-object-lock-retain-until-date"
SILENCE = N_("no answer, or none that can be understood; look at its address and at the network")
if TYPE_CHECKING:
    from obstore import GetOptions
_LOG = Log("bucket")


class Bucket:
    """Files below `place.prefix`. All methods raise BucketAway and BucketRefuses besides what they name."""

    def __init__(self, place: BucketPlace, keys: BucketKeys) -> None:
        self._store = S3Store(
            place.name, prefix=place.prefix or None, endpoint=place.endpoint or None, region=place.region,
            access_key_id=keys.access_key_id, secret_access_key=keys.secret_access_key, checksum_algorithm="SHA256",
            client_options={"allow_http": place.loopback, "connect_timeout": CONNECT, "read_timeout": SILENT,
                            "timeout": AT_ALL},
            retry_config={"max_retries": RETRIES, "retry_timeout": RETRY})

    def put(self, sha256: str, path: Path) -> int:
        """Store a file under its hash; how many bytes. What is there already is replaced by the same bytes. Raises
        OSError, BucketChanged when another number of bytes arrived."""
        with path.open("rb") as file, _ours(sha256):
            obstore.put(self._store, key_of(sha256), file, chunk_size=PART, use_multipart=True)
            size = file.tell()
        if self.size(sha256) != size:
            raise BucketChanged(sha256=sha256)
        return size

    def get(self, sha256: str, write: Callable[[bytes], None], told: Callable[[int], None]) -> None:
        """Hand on the bytes of a file as they come; `told` how many more. Raises NotInBucket, BucketChanged, and what
        `write` raises."""
        digest = hashlib.sha256()
        for data in self.rest(sha256, 0):
            digest.update(data)
            write(data)
            told(len(data))
        if digest.hexdigest() != sha256:
            raise BucketChanged(sha256=sha256)

    def rest(self, sha256: str, start: int) -> Iterator[bytes]:
        """The bytes of a file from there on, as they come: whoever has the first ones checks the hash of all of them.
        Raises NotInBucket."""
        with _ours(sha256):
            options: GetOptions | None = {"range": {"offset": start}} if start else None
            for chunk in obstore.get(self._store, key_of(sha256), options=options).stream(min_chunk_size=CHUNK):
                yield bytes(chunk)

    def size(self, sha256: str) -> int:
        """How many bytes a file has there. Raises NotInBucket."""
        with _ours(sha256):
            return int(obstore.head(self._store, key_of(sha256))["size"])

    def drop(self, sha256: str) -> None:
        """Remove a file; nothing where it is not there. A bucket that keeps versions keeps this one, too, as its own
        rules say."""
        with _ours(sha256):
            obstore.delete(self._store, key_of(sha256))

    def put_aside(self, sha256: str) -> None:
        """Keep what lies there now, for whoever asks how it came to be; before another copy takes its place. Raises
        NotInBucket."""
        with _ours(sha256):
            obstore.copy(self._store, key_of(sha256), aside_key(sha256))

    def forget(self, sha256: str) -> None:
        """Remove a file, and then what was put aside of it, which is made of the first."""
        self.drop(sha256)
        self.drop_aside(sha256)

    def drop_aside(self, sha256: str) -> None:
        """Remove what was put aside of a file; nothing where there is none."""
        with _ours(sha256):
            obstore.delete(self._store, aside_key(sha256))

    def aside(self) -> list[str]:
        """The hashes in the names of what was put aside."""
        return [name for name, _ in self._listed("aside/", aside_key)]

    def check(self) -> int | None:
        """Store a small file, read it back, remove it; until when the store would keep it (UTC microseconds), None
        where it says nothing of that. Raises BucketChanged, NotInBucket."""
        sha256 = hashlib.sha256(PROBE).hexdigest()
        with _ours(sha256):
            obstore.put(self._store, key_of(sha256), PROBE, use_multipart=True)
        came: list[bytes] = []
        self.get(sha256, came.append, lambda _: None)
        until_us = self.locked_until_us(sha256)
        self.drop(sha256)
        return until_us

    def all(self) -> Iterator[tuple[str, int]]:
        """Hash and size of all files there."""
        return self._listed("segments/", key_of)

    def _listed(self, below: str, key: Callable[[str], str]) -> Iterator[tuple[str, int]]:
        with _ours(""):
            for page in obstore.list(self._store, below):
                for one in page:
                    sha256 = one["path"].rsplit("/", 1)[-1].removesuffix(".mp4")
                    if one["path"] == key(sha256):
                        yield sha256, int(one["size"])

    def locked_until_us(self, sha256: str) -> int | None:
        """Until when the store itself lets nobody change or remove a file (UTC microseconds); None where it does not
        say so. obstore gives no headers of an answer, so that one request is signed and asked by itself."""
        with _ours(sha256):
            address = obstore.sign(self._store, "HEAD", key_of(sha256), SIGNED)
        try:
            with _DIRECT.open(
                urllib.request.Request(address, method="HEAD"), timeout=SILENT.total_seconds()) as answer:
                said = answer.headers.get(LOCKED)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise NotInBucket(sha256=sha256) from None
            raise BucketRefuses() from None
        except (OSError, ValueError):
            raise BucketAway(why=SILENCE) from None
        return None if said is None else _moment_us(said)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Nobody is sent elsewhere: another place may say anything of a lock, and need not know what was signed for us."""

    def redirect_request(self, *_: object) -> None:
        return None


_DIRECT = urllib.request.build_opener(_Stay)


def key_of(sha256: str) -> str:
    """The name of a file within the bucket's prefix."""
    return f"segments/{sha256[:2]}/{sha256}.mp4"


def aside_key(sha256: str) -> str:
    """The name of what was put aside of it."""
    return f"aside/{sha256}.mp4"


def _moment_us(said: str) -> int | None:
    """An instant in ISO 8601, as stores write it; None where it is none."""
    try:
        when = datetime.datetime.fromisoformat(said[:40])
    except ValueError:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=datetime.UTC)
    return int(aware.timestamp()) * 1_000_000


@contextmanager
def _ours(sha256: str) -> Iterator[None]:
    """What obstore raises, in our words; its own, which name addresses, are for the log."""
    try:
        yield
    except FileNotFoundError:
        raise NotInBucket(sha256=sha256) from None
    except (PermissionDeniedError, UnauthenticatedError) as error:
        _LOG.failed("refused", error)
        raise BucketRefuses() from None
    except BaseError as error:
        _LOG.failed("away", error)
        raise BucketAway(why=SILENCE) from None
