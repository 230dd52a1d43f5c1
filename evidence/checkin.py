"""Check-in decisions, pure: what a window of frames says, and which answer a sealed attempt gets under a policy."""
from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Literal

from evidence.bodies import Candidate, CheckIn
from evidence.liveness import liveness_of
from evidence.policy import Policy
from evidence.rollcall import identify

CheckInAnswer = Literal["accepted", "unknown", "not_live", "liveness_missing", "second_factor_missing"]


@dataclasses.dataclass(frozen=True)
class FrameMatch:
    """One frame of a face: the most similar person, the second person (never the same), the face's width in pixels."""

    best: Candidate | None
    second: Candidate | None
    face_px: int


@dataclasses.dataclass(frozen=True)
class WindowResult:
    """What a window of frames says. `person` is None for unknown; the rest goes into the record. `votes`: frames that
    name `best`. Where no frame names anybody, `best` is who came closest most often, with no vote."""

    person: str | None
    best: Candidate | None
    second: Candidate | None
    votes: int
    frames: int
    face_px: int


def window_decision(
    frames: Sequence[FrameMatch], threshold_ppm: int, margin_ppm: int, min_votes: int
) -> WindowResult:
    """The vote of the frames of one track: the person whom most of them name, by the lower median of the scores in
    those frames; `second` is whoever else comes closest in them. A frame names whom it shows by the threshold and the
    margin (`identify`); one that only resembles somebody a little is no vote."""
    face_px = max((frame.face_px for frame in frames), default=0)
    naming = [frame for frame in frames if identify(frame.best, frame.second, threshold_ppm, margin_ppm) is not None]
    counted = naming or [frame for frame in frames if frame.best]
    if not counted:
        return WindowResult(None, None, None, 0, len(frames), face_px)
    seen = Counter(frame.best.person for frame in counted if frame.best)
    winner = min(seen, key=lambda person: (-seen[person], -_median(_scores(counted, person)[person]), person))
    scores, votes = _scores(counted, winner), seen[winner] if naming else 0
    others = [Candidate(person, _median(found)) for person, found in scores.items() if person != winner]
    best = Candidate(winner, _median(scores[winner]))
    second = min(others, key=lambda other: (-other.score_ppm, other.person), default=None)
    person = _agreed(best, second, votes, len(frames), threshold_ppm, margin_ppm, min_votes)
    return WindowResult(person, best, second, votes, len(frames), face_px)


def answer_of(checkin: CheckIn, policy: Policy) -> tuple[CheckInAnswer, str | None]:
    """The answer for a sealed attempt, and the person whom the face shows (also when it is refused), or None.

    A face that left before it was decided is not accepted, whatever was seen of it. A threshold that everybody passes
    (not above 0) shows nobody. Where others look too much like the person to be told apart by a face, the own PIN must
    be given besides."""
    person = _agreed(
        checkin.best, checkin.second, checkin.votes, checkin.frames,
        checkin.threshold_ppm, checkin.margin_ppm, policy.checkin.min_votes.value,
    )
    if person is None or checkin.threshold_ppm <= 0:
        return "unknown", None
    liveness = liveness_of(checkin, policy)
    if liveness in ("fake", "no_response"):
        return "not_live", person
    if checkin.left or (liveness != "live" and policy.liveness_required):
        return "liveness_missing", person
    if checkin.alike and not checkin.pin:
        return "second_factor_missing", person
    return "accepted", person


def without(checkin: CheckIn, gone: Collection[str]) -> CheckIn | None:
    """The attempt without these people, whose faces may not be used any more; None where it shows one of them, or where
    the rest alone would be answered otherwise: a PIN that was not given, a likeness that let nobody be named."""
    if checkin.best is not None and checkin.best.person in gone:
        return None
    second = None if checkin.second is not None and checkin.second.person in gone else checkin.second
    left = dataclasses.replace(
        checkin, second=second, alike=tuple(person for person in checkin.alike if person not in gone))
    by_pin = checkin.pin or checkin.liveness in ("fake", "no_response")
    same = _named(left) == _named(checkin) and (by_pin or bool(left.alike) == bool(checkin.alike))
    return left if same else None


def _named(checkin: CheckIn) -> str | None:
    return identify(checkin.best, checkin.second, checkin.threshold_ppm, checkin.margin_ppm)


def _agreed(
    best: Candidate | None, second: Candidate | None, votes: int, frames: int,
    threshold_ppm: int, margin_ppm: int, min_votes: int,
) -> str | None:
    """Enough votes, more than half of the frames and no more than these, similar enough, and clearly more than anyone
    else."""
    if not min_votes <= votes <= frames or votes * 2 <= frames:
        return None
    return identify(best, second, threshold_ppm, margin_ppm)


def _scores(frames: Sequence[FrameMatch], winner: str) -> dict[str, list[int]]:
    """The scores of everyone in the frames in which `winner` is best."""
    scores: dict[str, list[int]] = defaultdict(list)
    for frame in frames:
        if frame.best and frame.best.person == winner:
            for candidate in (frame.best, frame.second):
                if candidate:
                    scores[candidate.person].append(candidate.score_ppm)
    return scores


def _median(values: Sequence[int]) -> int:
    """The lower one: of two frames the worse counts."""
    return sorted(values)[(len(values) - 1) // 2]
