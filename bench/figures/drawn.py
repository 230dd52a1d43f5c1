"""Courses drawn by lot, judged by R3 itself: who was there, whom the roll call names, what the headcount says.

Nothing here is measured. A drawn block is a few whole numbers; of each different one records are made, and fold, story
and R3 of the product say what it is (`block`). Many courses share their blocks, so that thousands take seconds.
"""
from __future__ import annotations

import dataclasses
import math

import numpy as np
from scipy.special import ndtr, ndtri

from bench.figures.block import Drawn, judged
from evidence.policy import Policy
from evidence.rules.r3 import Judged, verdict_of

TRAINEES, BLOCKS = 40, 60
COVERS, DARKS = np.array([0, 30, 55, 75, 95], np.int16), np.array([0, 10, 30, 60, 95], np.int16)
"""Percent of a block that are recorded, and of that dark, where there is trouble; each is as likely."""
MOST = 6
"""Blocks with more people who are not shown, have no name, or are not counted, are like these."""
UNNAMED = 2
"""Where those whose face tells nothing stand among the numbers of a block."""
STATES = ("complete", "missing", "open")
VERDICTS = ("flag", "review", "clear")


@dataclasses.dataclass(frozen=True)
class Kind:
    """A sort of class. In `away` of its blocks one trainee is not there; `signed`: checked in all the same; `same`:
    always the same one; `seat`: a stranger sits in the seat."""

    name: str
    honest: bool
    away: int
    signed: bool = False
    same: bool = False
    seat: bool = False


@dataclasses.dataclass(frozen=True)
class Rates:
    """What goes wrong, as shares of 1.

    `recall`: a trainee who is there is shown by the block. `false_name`: one who is not there is shown by it. `short`:
    blocks in which the headcount stays below those who are there, all along; `deep`: each further head that is short.
    `over`: blocks in which it is one too high. Of the trainees who, once they are there and not shown, are `hidden`:
    nothing of them is in view, nor counted; or `unlike`: a clear face, which is like nobody of the class. Of all others
    a face is in view that tells nothing.
    `unsigned`: trainees who came, but their sign-in is not there. `trouble`: blocks of which only a part was recorded,
    and a part of that is dark, both evenly drawn. `by_person`, `by_block`: how alike the misses of one trainee over the
    blocks are, and those of one block over the trainees (correlations of normal variables). `looks`: how many times as
    many looks a block gives as where `recall` and `false_name` hold."""

    recall: float = 0.999
    false_name: float = 0.001
    short: float = 0.1
    deep: float = 0.5
    over: float = 0.02
    hidden: float = 0.05
    unlike: float = 0.2
    unsigned: float = 0.001
    trouble: float = 0.01
    by_person: float = 0.3
    by_block: float = 0.1
    looks: float = 1.0


@dataclasses.dataclass(frozen=True)
class Chances:
    """The lots of some courses of one kind; the same ones serve every set of rates, so that these are compared alike.

    Standard normal: `person` (n, 1, t), `block` (n, b, 1), `room` (n, 1), `heads` (n, b). Even in [0, 1): `sight`
    (n, 1, t), `miss` (n, b, t), `name`, `over`, `deep`, `trouble`, `cover`, `dark` (n, b), `signs` (n, b, t). `away`:
    the trainee who is not there, or -1 (n, b)."""

    person: np.ndarray
    block: np.ndarray
    room: np.ndarray
    heads: np.ndarray
    sight: np.ndarray
    miss: np.ndarray
    signs: np.ndarray
    name: np.ndarray
    over: np.ndarray
    deep: np.ndarray
    trouble: np.ndarray
    cover: np.ndarray
    dark: np.ndarray
    away: np.ndarray


def chances(kind: Kind, count: int, seed: int) -> Chances:
    """The lots of `count` courses."""
    lot = np.random.default_rng([seed, kind.away, kind.signed, kind.same, kind.seat])
    away = np.full((count, BLOCKS), -1)
    order = lot.random((count, BLOCKS)).argsort(axis=1)
    who = lot.integers(0, TRAINEES, (count, 1 if kind.same else BLOCKS))
    gone = order < kind.away
    away[gone] = np.broadcast_to(who, away.shape)[gone]
    flat, cube = (count, BLOCKS), (count, BLOCKS, TRAINEES)
    return Chances(
        lot.standard_normal((count, 1, TRAINEES), np.float32), lot.standard_normal((count, BLOCKS, 1), np.float32),
        lot.standard_normal((count, 1), np.float32), lot.standard_normal(flat, np.float32),
        lot.random((count, 1, TRAINEES), np.float32), lot.random(cube, np.float32), lot.random(cube, np.float32),
        *(lot.random(flat, np.float32) for _ in range(6)), away)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How many of the courses of a kind ended how, and how many blocks of one were missing and open on average."""

    flag: int
    review: int
    clear: int
    missing: float
    open: float

    @property
    def count(self) -> int:
        return self.flag + self.review + self.clear


def outcome(kind: Kind, lots: Chances, rates: Rates, judge: Judge, words: bool = False) -> Outcome:
    """What R3 makes of the courses. `words`: what the words of POLICY.md alone would: a short headcount makes a block
    missing also while a face that tells nothing is in view (the rule is asked as if there were none)."""
    blocks = _blocks(kind, lots, rates)
    if words:
        blocks[:, :, UNNAMED] = 0
    states = judge.states(blocks)
    missing, unclear = ((states == STATES.index(name)).sum(axis=1) for name in ("missing", "open"))
    pairs, counts = np.unique(np.stack([missing, unclear], axis=1), axis=0, return_counts=True)
    ends = dict.fromkeys(VERDICTS, 0)
    for (lost, doubtful), number in zip(pairs.tolist(), counts.tolist(), strict=True):
        ends[judge.verdict(lost, doubtful)] += number
    return Outcome(*(ends[name] for name in VERDICTS), float(missing.mean()), float(unclear.mean()))


def _blocks(kind: Kind, lots: Chances, rates: Rates) -> np.ndarray:
    """Each block as the fields of `Drawn` after `trainees`: int16 (n, b, 6)."""
    gone = lots.away >= 0
    cover, dark = (np.where(lots.trouble < rates.trouble, steps[(part * len(steps)).astype(int)], whole)
                   for part, steps, whole in ((lots.cover, COVERS, 100), (lots.dark, DARKS, 0)))
    looks = rates.looks * (cover / 100 * (1 - dark / 100)).astype(np.float32)
    unseen, unsigned = _missed(lots, rates, looks[:, :, None]), lots.signs < rates.unsigned
    rows, columns = np.nonzero(gone)
    absent = rows, columns, lots.away[gone]
    unseen[absent] = False
    hidden = (unseen & (lots.sight < rates.hidden)).sum(axis=2)
    unnamed = (unseen & (lots.sight >= rates.hidden + rates.unlike)).sum(axis=2)
    unseen[absent] = lots.name[gone] >= 1 - (1 - _named(lots, rates)[gone]) ** looks[gone]
    unsigned[absent] = not kind.signed
    missed, strange = unseen.sum(axis=2), (unseen & unsigned).sum(axis=2)
    heads = _heads(lots, rates, TRAINEES - gone + (gone & kind.seat) - hidden)
    heads = np.clip(heads, TRAINEES - MOST, TRAINEES + 1)
    fields = (np.minimum(one, MOST) for one in (missed - strange, strange, unnamed))
    return np.stack([*fields, heads, cover, dark], axis=2).astype(np.int16)


def _heads(lots: Chances, rates: Rates, there: np.ndarray) -> np.ndarray:
    """The headcount of each block: a room in which somebody is hidden once hides somebody more often (n, b)."""
    hidden = math.sqrt(0.4) * lots.room + math.sqrt(0.2) * lots.block[:, :, 0] + math.sqrt(0.4) * lots.heads
    deeper = np.floor(np.log(np.maximum(lots.deep, 1e-9)) / math.log(rates.deep))
    return there - np.where(hidden < ndtri(rates.short), 1 + deeper, 0) + (lots.over < rates.over)


def _missed(lots: Chances, rates: Rates, looks: np.ndarray) -> np.ndarray:
    """Who of those who are there is not shown: bool (n, b, t)."""
    if rates.recall >= 1:
        return np.broadcast_to(looks <= 0, lots.miss.shape).copy()
    free = math.sqrt(1 - rates.by_person - rates.by_block)
    pull = math.sqrt(rates.by_person) * lots.person + math.sqrt(rates.by_block) * lots.block
    return lots.miss < ndtr((float(ndtri(1 - rates.recall)) - pull) / free) ** looks


def _named(lots: Chances, rates: Rates) -> np.ndarray:
    """How likely the one who is not there is named nevertheless: some people are taken for others again and again."""
    if rates.false_name <= 0:
        return np.zeros(lots.name.shape)
    twin = np.take_along_axis(lots.person[:, 0, :], np.maximum(lots.away, 0), axis=1)
    pull = math.sqrt(rates.by_person) * twin
    return ndtr((float(ndtri(rates.false_name)) - pull) / math.sqrt(1 - rates.by_person))


class Judge:
    """Asks the product once about each different block. `gear`: all wear helmets, but in bare-face roll calls."""

    def __init__(self, policy: Policy, gear: bool = False) -> None:
        self._policy, self._gear, self._known = policy, gear, dict[tuple[int, ...], Judged]()

    def states(self, blocks: np.ndarray) -> np.ndarray:
        """The state of each block of `blocks` (n, b, k), as an index into STATES (n, b)."""
        shape = (MOST + 1, MOST + 1, MOST + 1, TRAINEES + 2, 101, 101)
        kinds, which = np.unique(np.ravel_multi_index(tuple(np.moveaxis(blocks, 2, 0)), shape), return_inverse=True)
        states = np.array([STATES.index(self._judged(tuple(map(int, one))).state)
                           for one in zip(*np.unravel_index(kinds, shape), strict=True)])
        return states[which.reshape(blocks.shape[:2])]

    def verdict(self, missing: int, unclear: int) -> str:
        """The verdict over a class with so many blocks that are missing, or open."""
        assert self._policy.r3 is not None
        one = self._judged((0, 0, 0, TRAINEES, 100, 0))
        counted = {"missing": missing, "open": unclear}
        blocks = [dataclasses.replace(one, state=state) for state, number in counted.items() for _ in range(number)]
        return verdict_of(blocks, self._policy.r3.limit.value)

    def _judged(self, block: tuple[int, ...]) -> Judged:
        if block not in self._known:
            self._known[block] = judged(Drawn(TRAINEES, *block, self._gear), self._policy)
        return self._known[block]
