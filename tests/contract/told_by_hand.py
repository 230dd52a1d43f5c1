"""What the records of an export say of each trainee, counted anew from the signed bytes, without the product's fold."""
from __future__ import annotations

import base64
import dataclasses
import datetime
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHINA = datetime.timezone(datetime.timedelta(hours=8))


@dataclasses.dataclass(frozen=True)
class Tally:
    """Of one trainee: class-hours, and half-days with a sign-in and with a sight in the video."""

    due: int
    attended: int
    signed: tuple[str, ...]
    shown: tuple[str, ...]


def payloads(export: Path) -> Iterator[dict[str, Any]]:
    """Every record of every chain."""
    for chain in sorted((export / "chains").glob("*.jsonl")):
        for line in chain.read_bytes().splitlines():
            yield json.loads(base64.b64decode(json.loads(line)["payload"]))


def tally(export: Path, class_id: str) -> dict[str, Tally]:
    """Trainees by pseudonym. Somebody attended a class-hour who signed in for its half-day or is seen in it."""
    mine = [one for one in payloads(export) if one["body"].get("class") == class_id]
    (order,) = [one["body"] for one in mine if one["type"] == "order.class"]
    hours: dict[str, int] = defaultdict(int)
    for hour in order["hours"]:
        hours[half_day(hour["start"])] += 1
    signed, shown = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for one in mine:
        body = one["body"]
        if one["type"] == "checkin" and body["best"]["score_ppm"] >= body["threshold_ppm"]:
            signed[body["best"]["person"]].add(half_day(one["utc"]))
        if one["type"] == "rollcall":
            for track in body["tracks"]:
                if track["best"]["score_ppm"] >= body["threshold_ppm"]:
                    shown[track["best"]["person"]].add(half_day(one["utc"]))
    people = [one["person"] for one in order["roster"] if one["role"] == "trainee"]
    return {person: Tally(
        sum(hours.values()), sum(hours[at] for at in signed[person] | shown[person]),
        tuple(sorted(signed[person])), tuple(sorted(shown[person]))) for person in people}


def recorded(export: Path, class_id: str) -> dict[str, tuple[float, float, float]]:
    """Of each class-hour how many seconds were planned, recorded, and recorded without a break. A file was sealed when
    its last picture was in."""
    mine = [one for one in payloads(export) if one["body"].get("class") == class_id]
    (order,) = [one["body"] for one in mine if one["type"] == "order.class"]
    stretches: list[list[float]] = []
    for one in sorted((one for one in mine if one["type"] == "segment"), key=lambda one: str(one["utc"])):
        end = _seconds(one["utc"])
        start = end - (one["body"]["end_pts_us"] - one["body"]["first_pts_us"]) / 1e6
        if stretches and stretches[-1][1] == start:
            stretches[-1][1] = end
        else:
            stretches.append([start, end])
    found = {}
    for hour in order["hours"]:
        first, last = _seconds(hour["start"]), _seconds(hour["end"])
        parts = [max(0.0, min(end, last) - max(start, first)) for start, end in stretches]
        found[hour["hour"]] = (last - first, sum(parts), max(parts))
    return found


def _seconds(utc: str) -> float:
    return datetime.datetime.fromisoformat(utc).timestamp()


def half_day(utc: str) -> str:
    """The half-day in China of a moment, as recordings are called."""
    local = datetime.datetime.fromisoformat(utc).astimezone(CHINA)
    return f"{local:%Y-%m-%d}-{'am' if local.hour < 12 else 'pm'}"
