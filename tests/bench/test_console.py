"""The seeded centre: its records are true ones, and its classes come to what they were made to come to."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bench import console_seed
from bench.console_boxes import SeededClass
from bench.console_seed import check, classes_of, seeded
from central.classes.stories import Stories
from central.overview.judge import judgement
from evidence.errors import VerificationError
from evidence.receipts import Receipt, seal_receipt
from evidence.seal import Signer

FEW = ("p-1", "p-2", "p-3")


def small(number: int) -> tuple[SeededClass, ...]:
    """A class that is over with somebody who never came, and one that runs."""
    before = SeededClass(f"class-{number:04}-0", FEW, -4, 6, away=1)
    return before, SeededClass(f"class-{number:04}-1", FEW, 0, 2, pictured=True)


def test_seeded_records_verify_and_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_seed, "classes_of", small)
    monkeypatch.setattr(console_seed, "BOXES", 2)
    centre = seeded(tmp_path)
    try:
        with centre.store.read() as tx:
            leaves, heads = tx.leaves(), [head for head in tx.heads() if head.device != centre.store.device]
        assert check(centre) == sum(head.up_to + 1 for head in heads) > 100
        stories = Stories(centre.store, centre.clock)
        over, runs = (judgement(stories.tell(f"class-0001-{each}"), 0) for each in (0, 1))
        assert (over.verdict, over.undecided, over.missing) == ("flag", 1, 6) and over.due_us is None
        assert runs.verdict == "noted" and runs.due_us is not None
    finally:
        centre.store.close()
    again = seeded(tmp_path)
    with again.store.read() as tx:
        assert tx.leaves() == leaves
    again.store.close()


def test_the_check_finds_what_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_seed, "classes_of", small)
    monkeypatch.setattr(console_seed, "BOXES", 1)
    monkeypatch.setattr(console_seed, "seal_receipt", _other)
    centre = seeded(tmp_path)
    try:
        with pytest.raises(VerificationError):
            check(centre)
    finally:
        centre.store.close()


def _other(receipt: Receipt, signer: Signer) -> bytes:
    return seal_receipt(dataclasses.replace(receipt, head_hash="0" * 64), signer)


def test_the_city_has_five_thousand_classes_of_two_million_records() -> None:
    made = [one for number in range(console_seed.BOXES) for one in classes_of(number)]
    assert len(made) == len({one.class_id for one in made}) == 5000
    assert sum(len(one.people) == 40 and one.blocks == 60 for one in made) == 20
