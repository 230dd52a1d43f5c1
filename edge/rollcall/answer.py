"""The answer of one video's roll call: who is present, who could not be identified, who was absent."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge.rollcall.analyse import Measured
from evidence.bodies import Track
from evidence.rollcall import answer, name_tracks

NEAR_PPM = 50_000
"""An unnamed face that comes this close to the threshold may be the trainee whom it resembles most; one that stays
farther below, and was large enough, is a stranger."""
OFTEN = 0.5
"""From this many faces per frame on, on average, that are too small or blurred, anybody may be among them."""
BLURRED_PPM = 333_000
"""A face less sharp than this resembles nobody: who is enrolled looks like a stranger in it."""


def roll_call(
    measured: Measured, people: Sequence[str], threshold_ppm: int, margin_ppm: int, min_face_px: int
) -> dict[str, Any]:
    """`present` (trainee, first_s, best_s, score), `not_identifiable`, `absent`, `headcount`; seconds of media time."""
    named = name_tracks(measured.tracks, threshold_ppm, margin_ppm)
    shown: dict[str, list[Track]] = {}
    for item in named:
        if item.person:
            shown.setdefault(item.person, []).append(item.track)
    unnamed = [item.track for item in named if item.person is None]
    strangers = [track for track in unnamed if _stranger(track, threshold_ppm, min_face_px)]
    small = sum(track.frames for track in unnamed if not _clear(track, min_face_px))
    anybody = small >= OFTEN * measured.samples
    nearly = {track.best.person for track in unnamed if _nearly(track, threshold_ppm) and track.best}
    # Strangers are people in view who are certainly not the ones that are missed.
    could_be = measured.headcount_max - _at_once(strangers)
    answers = {p: answer(p, shown, could_be, len(people), int(anybody or p in nearly)) for p in people}
    return {
        "present": [_present(person, shown[person]) for person in people if person in shown],
        "not_identifiable": [person for person in people if answers[person] in ("not_identifiable", "covered")],
        "absent": [person for person in people if answers[person] == "absent"],
        "headcount": measured.headcount_max,
    }


def _present(person: str, tracks: list[Track]) -> dict[str, Any]:
    best = max(tracks, key=lambda track: track.best.score_ppm if track.best else -1)
    return {
        "trainee": person,
        "first_s": round(min(track.first_us for track in tracks) / 1e6, 3),
        "best_s": round(best.shown_us / 1e6, 3),
        "score": round(best.best.score_ppm / 1e6, 4) if best.best else None,
    }


def _stranger(track: Track, threshold_ppm: int, min_face_px: int) -> bool:
    return _clear(track, min_face_px) and not _nearly(track, threshold_ppm)


def _clear(track: Track, min_face_px: int) -> bool:
    """Whether the best sight is good enough to say who it is not."""
    sharp = track.sharp_ppm is None or track.sharp_ppm >= BLURRED_PPM
    return track.best is not None and track.face_px >= min_face_px and sharp


def _nearly(track: Track, threshold_ppm: int) -> bool:
    return track.best is not None and track.best.score_ppm >= threshold_ppm - NEAR_PPM


def _at_once(tracks: list[Track]) -> int:
    """The most tracks that were in view at one time."""
    return max((sum(1 for t in tracks if t.first_us <= moment.first_us <= t.last_us) for moment in tracks), default=0)
