"""From what was measured to what the check of a box says. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from common.texts import N_

State = Literal["good", "look", "bad"]
STEPS = (N_("Room camera"), N_("Test recording"), N_("Test check-in"))
ROOM, RECORDING, FACE = STEPS
LONGEST_GAP_MS = 2000
"""As [recorder] max_gap_ms: a longer hole ends a run."""
ENOUGH_PERCENT, BLIND_PERCENT = 90, 50
LIVE_PPM = 500_000
"""Of a passive score: below it a face looks more like a picture than like somebody."""
PPM = 1_000_000


@dataclasses.dataclass(frozen=True)
class Result:
    """How one step went. `says`: a sentence of the catalogue with `params`; what an error said stands there by
    language."""

    step: str
    state: State
    says: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Filmed:
    """A test recording that was decoded again. Media time. `blind_percent`: of its pictures those that are black or
    covered."""

    seconds: int
    pictures: int
    longest_gap_ms: int
    width: int
    height: int
    blind_percent: int = 0


def failed(step: str, why: Mapping[str, str]) -> Result:
    """`why`: by language."""
    return Result(step, "bad", N_("it failed: {why}"), {"why": why})


def room(widths_px: Sequence[int], needed_px: int) -> Result:
    """`widths_px`: of the faces in a picture of the room; `needed_px`: of the narrowest that the roll call names."""
    params = {"count": len(widths_px), "least": min(widths_px, default=0), "needed": needed_px}
    if not widths_px:
        return Result(ROOM, "look", N_("the camera sees the room, but no face: let somebody sit in the last row, and "
                                       "check again"), params)
    if min(widths_px) < needed_px:
        return Result(ROOM, "look", N_("faces: {count}, the smallest {least} px wide, and {needed} px are needed: hang "
                                       "the camera nearer or take a narrower lens"), params)
    return Result(ROOM, "good", N_("faces: {count}, the smallest {least} px wide; {needed} px are needed"), params)


def recording(film: Filmed, asked_s: int) -> Result:
    """`asked_s`: how long it should have been."""
    params = dataclasses.asdict(film) | {"asked": asked_s}
    if film.seconds * 100 < asked_s * ENOUGH_PERCENT or film.longest_gap_ms > LONGEST_GAP_MS:
        return Result(RECORDING, "bad", N_(
            "of {asked} s only {seconds} s came, the longest hole was {longest_gap_ms} ms: look at the cable, the "
            "power and the network of the camera"), params)
    if film.blind_percent > BLIND_PERCENT:
        return Result(RECORDING, "bad", N_(
            "the picture is black or covered, and no class-hour would count: take the cap off the lens, clean it, "
            "switch the light on"), params)
    return Result(RECORDING, "good", N_(
        "{seconds} s recorded and decoded again: {pictures} pictures of {width}×{height}, the longest hole "
        "{longest_gap_ms} ms"), params)


def face(widths_px: Sequence[int], live_ppm: Sequence[int], needed_px: int, scores: bool) -> Result:
    """A test check-in. `widths_px`: of the largest face in each picture that had one; `live_ppm`: how alive it looked
    where that could be scored; `scores`: whether the model pack scores it at all."""
    if not widths_px:
        return Result(FACE, "bad", N_("nobody was seen: stand before the terminal and look into its camera"))
    width, live = sorted(widths_px)[len(widths_px) // 2], sum(live_ppm) // max(1, len(live_ppm))
    params = {"width": width, "needed": needed_px, "live": live * 100 // PPM}
    if width < needed_px:
        return Result(FACE, "look", N_("the face is {width} px wide, and {needed} px are needed: come nearer, or turn "
                                       "the camera"), params)
    if not scores:
        return Result(FACE, "look", N_("the face is {width} px wide and is found; this model pack tells nothing of "
                                       "liveness"), params)
    if live < LIVE_PPM:
        return Result(FACE, "look", N_("the face is {width} px wide, but looks alive by {live} % only: give it light "
                                       "from the front"), params)
    return Result(FACE, "good", N_("the face is {width} px wide and looks alive by {live} %"), params)


def accepted(doctor_is_bad: bool, results: Sequence[Result]) -> bool:
    """Whether every step was made and nothing is bad: what is only to be looked at is for people to judge."""
    return not doctor_is_bad and {one.step for one in results} == set(STEPS) and all(
        one.state != "bad" for one in results)
