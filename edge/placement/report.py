"""The check on paper as sentences for who installs the camera, and as a document."""
from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from common.texts import N_, translate
from edge.placement.advice import Advice, Change
from edge.placement.judge import (
    BOARD_M,
    MARGIN,
    MOST_PITCH_DEG,
    MOST_YAW_DEG,
    Needs,
    Reason,
    Seen,
    Verdict,
    height_without_hiding,
    reach_m,
    rows,
    worst,
)
from edge.placement.room import Camera, Room

VERDICT_WORDS: dict[Verdict, str] = {
    "identified": N_("identifiable"), "counted": N_("only counted"), "unseen": N_("not seen")}
REASON_WORDS: dict[Reason, str] = {
    "beside": N_("outside the picture at the side"),
    "above": N_("outside the picture above or below"),
    "tiny": N_("the face is too small to be found"),
    "small": N_("the face is too small to be relied on"),
    "turned": N_("the face is turned away sideways"),
    "steep": N_("the camera hangs too steeply above"),
}
CAMERA = N_("camera {name}: identifies up to {named} m away, finds faces up to {found} m ({angle}° wide, "
            "{width}×{height})")
NEED = N_("{pack}: a face must be {named} px wide to be identified ({least} px and a margin of {margin} %), {found} px "
          "to be counted")
NEED_FOUND = N_("{pack}: a face must be {named} px wide to be identified: a narrower one is not found in the picture "
                "of a room, although {least} px are enough to compare it")
ROW = N_("row {row} ({distance} m): {verdict}; face {width} px")
PARTLY = N_("row {row} ({distance} m): {verdict}, except {others}; face {width} px")
SEATS = N_("seats {seats} {verdict} ({reason})")
HIDDEN = N_("seats that somebody in front may hide: {seats}")
RAISE = N_("camera {name}: from {height} m high on, nobody hides anybody")
SUM = N_("seats that will be identifiable: {count} of {of}")
CHANGES = {
    "aim": N_("turn camera {name} towards {aim}: {count} of {of} seats"),
    "stream": N_("a main stream of {width}×{height} for camera {name}, towards {aim}: {count} of {of} seats"),
    "lens": N_("a lens of {angle}° ({focal} mm on a sensor 5.3 mm wide) for camera {name}, towards {aim}: {count} of "
               "{of} seats"),
    "move": N_("move camera {name} to {place}, towards {aim}: {count} of {of} seats"),
    "second": N_("a second camera like {name} at {place}, towards {aim}: {count} of {of} seats"),
}
PLACE = N_("{x} m from the left wall, {y} m from the board's wall, {height} m high")
ADVICE = N_("to identify more, choose one of these:")
THEN = N_("on top of the one that reaches most:")
NO_ADVICE = N_("no single change identifies more: put the people closer together, or use several cameras")
ASSUMED = N_(
    "assumed: people look at the middle of the board ({board} m high) and may be turned from the camera by {yaw}° "
    "sideways and {pitch}° up or down; the box of a face is {face} m wide (a head is 0.15 m wide, GB 10000); good "
    "light; a lens without distortion")
SENSOR_MM = 5.3
JOIN = {"zh": "、", "en": ", "}


def lines(room: Room, needs: Needs, seen: Sequence[Seen], advice: Advice, lang: str) -> list[str]:
    """What to print."""
    told = [_camera(camera, needs, lang) for camera in room.cameras]
    told += [_need(camera, needs, lang) for camera in room.cameras[:1]]
    told += [row_line(row, members, lang) for row, members in rows(seen).items()]
    told += _hidden(room, seen, lang)
    count = sum(one.verdict == "identified" for one in seen)
    told.append(translate(SUM, lang, count=count, of=len(seen)))
    if advice.changes:
        told += [translate(ADVICE, lang), *("- " + change_line(change, lang) for change in advice.changes)]
        if advice.then is not None:
            told += [translate(THEN, lang), "- " + change_line(advice.then, lang)]
    elif count < len(seen):
        told.append(translate(NO_ADVICE, lang))
    told.append(translate(ASSUMED, lang, board=BOARD_M, yaw=f"{MOST_YAW_DEG:g}", pitch=f"{MOST_PITCH_DEG:g}",
                          face=needs.face_m))
    return told


def row_line(row: int, members: Sequence[Seen], lang: str) -> str:
    """A row in one sentence: what most of its seats are, and the others with their reason. The px
    are those of the most."""
    usual = Counter((one.verdict, one.reason) for one in members).most_common(1)[0][0]
    groups: dict[tuple[Verdict, Reason | None], list[int]] = {}
    for one in members:
        if (one.verdict, one.reason) != usual:
            groups.setdefault((one.verdict, one.reason), []).append(one.seat.number)
    others = [translate(SEATS, lang, seats=_numbers(seats), verdict=translate(VERDICT_WORDS[verdict], lang),
                        reason=translate(REASON_WORDS[reason], lang)) if reason else
              translate(N_("seats {seats} {verdict}"), lang, seats=_numbers(seats),
                        verdict=translate(VERDICT_WORDS[verdict], lang))
              for (verdict, reason), seats in groups.items()]
    distances = [one.distance_m for one in members]
    widths = [one.face_px for one in members if (one.verdict, one.reason) == usual]
    return translate(
        PARTLY if others else ROW, lang, row=row, distance=_range(_short(min(distances)), _short(max(distances))),
        verdict=_verdict(usual, lang), others=JOIN[lang].join(others),
        width=_range(f"{math.floor(min(widths))}", f"{math.floor(max(widths))}"))


def change_line(change: Change, lang: str) -> str:
    """What to change, and what that reaches."""
    camera = change.camera
    focal = SENSOR_MM / 2 / math.tan(math.radians(camera.horizontal_deg) / 2)
    aim = translate(PLACE, lang, x=_short(camera.at_x_m), y=_short(camera.at_y_m), height=_short(camera.at_height_m))
    place = translate(PLACE, lang, x=_short(camera.x_m), y=_short(camera.y_m), height=_short(camera.height_m))
    return translate(
        CHANGES[change.kind], lang, name=camera.name, aim=aim, place=place, count=change.identified, of=change.seats,
        width=camera.width_px, height=camera.height_px, angle=f"{camera.horizontal_deg:.0f}", focal=f"{focal:.1f}")


def document(room: Room, needs: Needs, seen: Sequence[Seen], advice: Advice) -> dict[str, Any]:
    """The same for programs: metres, pixels and degrees."""
    return {
        "pack": needs.pack, "min_face_px": needs.min_face_px, "margin": MARGIN, "face_m": needs.face_m,
        "cameras": [_reach(camera, needs) for camera in room.cameras],
        "rows": [
            {"row": row, "verdict": worst(members), "seats": [_seat(one, room.cameras) for one in members]}
            for row, members in rows(seen).items()],
        "identified": sum(one.verdict == "identified" for one in seen), "seats": len(seen),
        "advice": [_change(change) for change in advice.changes],
        "then": None if advice.then is None else _change(advice.then),
    }


def _reach(camera: Camera, needs: Needs) -> dict[str, Any]:
    named_m, found_m = reach_m(camera, needs)
    return {
        "name": camera.name, "angle_deg": round(camera.horizontal_deg, 1), "named_px": round(needs.named_px, 1),
        "found_px": round(needs.found_px, 1), "identifies_up_to_m": round(named_m, 2),
        "finds_up_to_m": round(found_m, 2)}


def _change(change: Change) -> dict[str, Any]:
    return {"kind": change.kind, "camera": dataclasses.asdict(change.camera), "identified": change.identified}


def _seat(one: Seen, cameras: Sequence[Camera]) -> dict[str, Any]:
    hidden = one.hidden_by
    return {
        "seat": one.seat.number, "x_m": round(one.seat.x_m, 2), "y_m": round(one.seat.y_m, 2),
        "camera": cameras[one.camera].name, "verdict": one.verdict, "reason": one.reason,
        "distance_m": round(one.distance_m, 2), "face_px": round(one.face_px, 1), "yaw_deg": round(one.yaw_deg, 1),
        "pitch_deg": round(one.pitch_deg, 1), "off_axis_deg": round(one.off_axis_deg, 1),
        "hidden_by": None if hidden is None else {"row": hidden.row, "seat": hidden.number},
    }


def _camera(camera: Camera, needs: Needs, lang: str) -> str:
    named, found = reach_m(camera, needs)
    return translate(CAMERA, lang, name=camera.name, named=f"{named:.1f}", found=f"{found:.1f}",
                     angle=f"{camera.horizontal_deg:.0f}", width=camera.width_px, height=camera.height_px)


def _need(camera: Camera, needs: Needs, lang: str) -> str:
    if needs.named_px > MARGIN * needs.min_face_px:
        return translate(NEED_FOUND, lang, pack=needs.pack, named=math.ceil(needs.named_px), least=needs.min_face_px)
    return translate(NEED, lang, pack=needs.pack, named=math.ceil(needs.named_px), least=needs.min_face_px,
                     margin=round((MARGIN - 1) * 100), found=math.ceil(needs.found_px))


def _hidden(room: Room, seen: Sequence[Seen], lang: str) -> list[str]:
    covered = [f"{one.seat.row}-{one.seat.number}" for one in seen if one.hidden_by is not None]
    if not covered:
        return []
    told = [translate(HIDDEN, lang, seats=JOIN[lang].join(covered))]
    for index in sorted({one.camera for one in seen if one.hidden_by is not None}):
        height = height_without_hiding(room.cameras[index], room)
        if height is not None:
            told.append(translate(RAISE, lang, name=room.cameras[index].name, height=_short(height)))
    return told


def _verdict(usual: tuple[Verdict, Reason | None], lang: str) -> str:
    verdict, reason = usual
    said = translate(VERDICT_WORDS[verdict], lang)
    return translate(N_("{verdict} ({reason})"), lang, verdict=said, reason=translate(REASON_WORDS[reason], lang)
                     ) if reason else said


def _numbers(seats: Sequence[int]) -> str:
    """1, 2, 3, 7 as 1-3, 7."""
    runs: list[list[int]] = []
    for number in seats:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _range(one: str, other: str) -> str:
    return one if one == other else f"{one}–{other}"


def _short(value: float) -> str:
    return f"{value:.1f}"
