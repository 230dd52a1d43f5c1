"""The answer of one video's roll call: who is present, who could not be identified and why, who was absent. What a face
tells, and what not, is decided where the verdict decides it: in evidence/rollcall.py."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.reasons import AND, answer_words
from common.texts import N_, translate
from edge.rollcall.analyse import Measured
from evidence.bodies import Track
from evidence.naming import doubts, without_names
from evidence.rollcall import Limits, Look, answers, name_tracks

TALLY = N_("shown: {shown} of {due}; most people in view at once: {headcount}")
WHO = N_("{answer} ({count}): {people}")


def roll_call(
    measured: Measured, people: Sequence[str], threshold_ppm: int, margin_ppm: int, min_face_px: int,
    limits: Limits | None = None, rise_ppm: int | None = None, reach_px: int | None = None,
) -> dict[str, Any]:
    """`present` (trainee, first_s, best_s, score), `not_identifiable`, `covered`, `absent`, `why` (trainee → why not
    identifiable or covered), `headcount`; seconds of media time."""
    limits, named = limits or Limits(), name_tracks(measured.tracks, threshold_ppm, margin_ppm)
    start_us = min((track.first_us for track in measured.tracks), default=0)
    end_us = max((track.last_us for track in measured.tracks), default=0) + 1
    look = Look(
        start_us, end_us, named, threshold_ppm, margin_ppm, min_face_px, measured.samples, measured.dark,
        measured.headcount_max, measured.headcount_mean_ppm, measured.faceless_max, measured.headcount_peak,
        measured.faceless_peak, rise_ppm=rise_ppm, reach_px=reach_px)
    look = without_names(look, doubts([[look]], limits))
    shown: dict[str, list[Track]] = {}
    for item in look.named:
        if item.person:
            shown.setdefault(item.person, []).append(item.track)
    # In one file nobody can tell a poster from somebody asleep; where nobody else is found nobody is asleep.
    heads = look.most + (measured.still_peak or 0) if look.most else 0
    said = answers(people, shown, [[look]], heads, limits)
    return {
        "present": [_present(person, shown[person]) for person in people if person in shown],
        **{word: [person for person in people if said[person].answer == word]
           for word in ("not_identifiable", "covered", "absent")},
        "why": {person: list(said[person].why) for person in people if said[person].why},
        "headcount": measured.headcount_max,
    }


def sentences(answer: Mapping[str, Any], lang: str) -> list[str]:
    """The answer for people: how many, then whom each answer is of, with its reasons, as pages and sheets word it."""
    shown = [str(one["trainee"]) for one in answer["present"]]
    said: dict[str, list[str]] = {answer_words("shown", (), lang): shown} if shown else {}
    for word in ("not_identifiable", "covered", "absent"):
        for person in answer[word]:
            said.setdefault(answer_words(word, answer["why"].get(person, ()), lang), []).append(person)
    due = sum(map(len, said.values()))
    return [translate(TALLY, lang, shown=len(shown), due=due, headcount=answer["headcount"]),
            *(translate(WHO, lang, answer=words, count=len(people), people=AND[lang].join(people))
              for words, people in said.items())]


def _present(person: str, tracks: list[Track]) -> dict[str, Any]:
    best = max(tracks, key=lambda track: track.best.score_ppm if track.best else -1)
    return {
        "trainee": person,
        "first_s": round(min(track.first_us for track in tracks) / 1e6, 3),
        "best_s": round(best.shown_us / 1e6, 3),
        "score": round(best.best.score_ppm / 1e6, 4) if best.best else None,
    }
