"""keys/bucket.toml: what the object store knows this centre by. Nobody else's to read."""
from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Annotated

from central.bucket.errors import BadBucketKeys
from central.files import read
from evidence.shape import Match, decode


@dataclasses.dataclass(frozen=True)
class BucketKeys:
    """A pair of keys, as the store gives them out."""

    access_key_id: Annotated[str, Match(r"\S{1,256}", "a key")]
    secret_access_key: Annotated[str, Match(r"\S{1,256}", "a key")] = dataclasses.field(repr=False)


def bucket_keys(folder: Path) -> BucketKeys:
    """`folder`/bucket.toml. Raises BadKeyFile, BadShape, BadBucketKeys."""
    path = folder / "bucket.toml"
    try:
        return decode(BucketKeys, tomllib.loads(read(path, secret=True).decode("utf-8")), str(path))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        raise BadBucketKeys(path=path) from None
