"""What can be wrong with a bucket."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class BadBucketKeys(BadInput):
    text = "{path} is not TOML with access_key_id and secret_access_key"


class OtherBucket(BadInput):
    text = (
        "{files} files lie in the bucket {known}, and centre.toml names {named}: put it back; or copy them there with "
        "the store's own tools, and `zaitang-central bucket adopt`")


class NotAllThere(BadInput):
    text = "{missing} of {files} files are not in the bucket {named} with all of their bytes: copy them there first"


class NoRoomForCopies(BadInput):
    text = (
        "second copies would take the last twentieth of the disk of {folder}, which is left to boxes: make room, and "
        "say `zaitang-central bucket copies` again")


class OfBucket(ZaitangError):
    """Why a file of the bucket is not here."""

    text = "the object store: {why}"


class InBucket(OfBucket):
    text = "in the object store; it is fetched when it is asked for"


class FromBucket(OfBucket):
    text = "it is fetched from the object store: {share}% is here"


class BucketAway(OfBucket):
    text = "the object store does not answer: {why}"


class BucketRefuses(OfBucket):
    text = (
        "the object store refuses this centre: look at [bucket] in centre.toml, at keys/bucket.toml, and at what these "
        "keys may do there")


class NotInBucket(OfBucket):
    text = "the object store has no file {sha256}"


class BucketChanged(OfBucket):
    text = "what the object store holds as {sha256} has other bytes than were stored there"


class TooManyFetched(OfBucket):
    text = "too many files are being fetched from the object store: try again in a minute"
