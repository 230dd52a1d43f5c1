"""What can go wrong in central/tree, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class TreeDamaged(ZaitangError):
    text = ("the centre's tree does not fit the checkpoint of size {size} that it signed: the database was damaged or "
            "changed. Nothing is signed until it is put right from a backup that is newer than that")


class BadWitness(BadInput):
    text = "{path}: witnesses: {key} is not the key of a witness: {why}"


class UnknownWitness(BadInput):
    text = "no witness that this centre knows has signed it"


class NoStamp(ZaitangError):
    text = "the time-stamping authority {url} gave no token: {why}"
