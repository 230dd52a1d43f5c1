"""What a file for support says of a box. Only what is named here gets into it: a new setting is not told by itself."""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from common.health import Check
from common.logs import WITHHELD
from common.support import about, space
from edge.cameras.address import shown
from edge.config import BoxConfig
from edge.doctor.gather import examiner
from edge.wiring import Box
from evidence.bodies import Alarm, body_of

MOST_ALARMS = 500
BY_HAND = frozenset({"reason"})
PLAIN = ("clock", "recorder", "checkin", "rollcall", "picture", "storage")
"""Parts of box.toml that say nothing of anybody."""


def parts(box: Box) -> dict[str, object]:
    """By name, what becomes a JSON file each."""
    return {
        "about": about(),
        "doctor": told(examiner(box).examine().checks),
        "settings": settings(box.config),
        "records": _records(box),
        "space": space([box.folder, box.video]),
    }


def unopened(folder: Path, error: Exception) -> dict[str, object]:
    """What can be said of a box that does not open: one that is new, spoilt or being emptied needs help most. Of the
    error its name; its words may quote a setting."""
    return {"about": about(), "box": {"error": type(error).__name__}, "space": space([folder])}


def told(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """What the doctor says, without what a person wrote by hand: why the key was revoked."""
    found = [dataclasses.asdict(one) for one in checks]
    for one in found:
        one["params"] = {name: WITHHELD if name in BY_HAND else value for name, value in one["params"].items()}
    return found


def settings(config: BoxConfig) -> dict[str, Any]:
    """box.toml without passwords, codes, contacts and addresses of telephones' consoles."""
    sync = config.sync
    return {
        "device": config.device, "policy": config.policy, "lang": config.lang,
        **{name: dataclasses.asdict(getattr(config, name)) for name in PLAIN},
        "panel": config.panel is not None, "pack": config.vision.pack,
        "cameras": [{"id": one.id, "role": one.role, "source": shown(one.source), "sub": one.sub and shown(one.sub)}
                    for one in config.cameras],
        "sync": None if sync is None else {
            "broker": sync.broker, "port": sync.port, "tls": sync.tls, "heartbeat_s": sync.heartbeat_s,
            "upload": sync.upload, "upload_kbit": sync.upload_kbit},
    }


def _records(box: Box) -> dict[str, object]:
    """How many of each type, up to where the centre has them, and the newest alarms."""
    counts: Counter[str] = Counter()
    alarms: list[dict[str, object]] = []
    for sealed in box.store.each():
        counts[sealed.record.type] += 1
        if sealed.record.type == "alarm" and isinstance(body := body_of(sealed.record), Alarm):
            alarms.append({"seq": sealed.record.seq, "utc_us": sealed.record.utc_us, "code": body.code})
    return {"head": box.store.head_seq(), "receipted": box.store.receipted_up_to(),
            "types": dict(sorted(counts.items())), "alarms": alarms[-MOST_ALARMS:]}
