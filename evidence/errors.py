"""The tree of errors. Every error carries an English text with named parameters, its key in the catalogue.

`str(error)` is the English sentence. `common.texts.words(error, "zh")` gives the Chinese one.
"""
from __future__ import annotations

from typing import ClassVar


class ZaitangError(Exception):
    """Any failure that this product announces. `text` is a format string; `params` fill it."""

    text: ClassVar[str] = "{detail}"

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.text.format_map(params))


class BadInput(ZaitangError):
    """Something handed to us that we cannot use; the sentence says what to do."""


class BadShape(BadInput):
    """A document (JSON, TOML) has a key or a value that it may not have."""

    text = "{where}: {key}: {why}"


class Expected(BadInput):
    """Why a value is wrong (in BadShape): it is of another kind."""

    text = "expected {what}"


class ExpectedOneOf(BadInput):
    """Why a value is wrong: it is none of a few."""

    text = "expected one of: {choices}"


class OutOfRange(BadInput):
    """Why a number is wrong."""

    text = "{value} is out of range ({low} to {high})"


class LargerThan(BadInput):
    """Why bytes are no record."""

    text = "{size} bytes, more than {most}"


class NestedDeeper(BadInput):
    """Why a value is no record."""

    text = "objects and lists lie more than {most} deep in each other"


class OfRecord(BadInput):
    """Why a body is none, with its record."""

    text = "record {seq} of {device}: {why}"


class BadRecord(ZaitangError):
    """Bytes that are not a record of the evidence format."""

    text = "not a record: {why}"


class VerificationError(ZaitangError):
    """Evidence that does not hold. Subclasses name what is broken."""


class BadSeal(VerificationError):
    text = "{where}: the signature does not match the bytes"


class WrongSigner(VerificationError):
    text = "{where}: signed by the key {keyid}, which is not the key that must sign it"


class BadCertificate(VerificationError):
    text = "{where}: the certificate cannot be trusted: {why}"


class TestKey(VerificationError):
    text = "{where}: signed with a test key, which only the demo policy accepts"


class RevokedKey(VerificationError):
    text = "{where}: signed with a key that the centre has revoked"


class RecordChanged(VerificationError):
    text = "record {seq} of {device} was changed: its bytes do not match its seal"


class RecordMissing(VerificationError):
    text = "record {seq} of {device} is missing"


class RecordsMissing(VerificationError):
    text = "records {first} to {last} of {device} are missing"


class RecordAdded(VerificationError):
    text = "a record of {device} was added: number {seq} stands in the chain twice or beyond its signed head"


class ChainBroken(VerificationError):
    text = "record {seq} of {device} does not follow from the record before it: records were removed, added or swapped"


class OutOfOrder(VerificationError):
    text = "the records of {device} are not in their order: {seq} stands behind {before}"


class StrangeRecord(VerificationError):
    text = "record {seq} of {device} was added: it does not belong to this chain of {expected}"


class ChainMissing(VerificationError):
    text = "the chain {chain} of {device} is missing"


class ChainReplaced(VerificationError):
    text = "the chain {chain} of {device} is missing: other records stand in its place"


class WrongPlace(VerificationError):
    text = "record {seq} of {device} is of type {type}, which does not belong into this chain"


class Fork(VerificationError):
    text = "the chain of {device} forks at record {seq}: two different records carry the same number"


class TailCut(VerificationError):
    text = "the end of the chain of {device} was cut: {have} records are here, a signed head says {want}"


class BadReceipt(VerificationError):
    text = "a receipt for {device} does not match its chain: {why}"


class TokenElsewhere(VerificationError):
    text = "the upload token is for another file or centre: {sha256} at {centre}"


class TokenExpired(VerificationError):
    text = "the upload token has expired ({expires})"


class TokenTooLong(VerificationError):
    text = "the upload token holds longer than any may ({expires})"


class OwnLinkExpired(VerificationError):
    text = "the link to an own record has expired ({until})"


class OwnLinkTooLong(VerificationError):
    text = "the link to an own record holds longer than any may ({until})"


class SegmentMissing(VerificationError):
    text = "segment {file} of {device} is missing"


class SegmentChanged(VerificationError):
    text = "segment {file} of {device} was changed: its hash is not the one in record {seq}"


class SegmentAdded(VerificationError):
    text = "{file} is not named by any record: it was added"


class OrderMissing(VerificationError):
    text = "an order that record {seq} of {device} says was accepted is missing: {order}"


class BadProof(VerificationError):
    text = "a proof of the centre's tree does not hold: {why}"


class BadTile(VerificationError):
    text = "a tile of the centre's tree cannot be used: {why}"


class BadNote(VerificationError):
    text = "not a signed note: {why}"


class BadCosignature(VerificationError):
    text = "the word of the witness {witness} does not hold: {why}"


class BadCheckpoint(VerificationError):
    text = "a checkpoint of the centre does not hold: {why}"


class BadStamp(VerificationError):
    text = "a time stamp does not hold: {why}"


class StampsMissing(BadInput):
    text = ("time stamps need a library that is not installed here:"
            " pip install 'zaitang-VERSION-py3-none-any.whl[stamps]'")


class FetchFailed(BadInput):
    text = "{address} cannot be read: {why}"
