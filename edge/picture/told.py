"""BOX/run/picture.json: what ails the pictures that are being recorded, from the picture process to the terminal."""
from __future__ import annotations

import json
from pathlib import Path

TOLD = "picture.json"


def troubles(path: Path, run: str) -> list[str]:
    """What ails the picture of a run that is being written, as the picture process last told it."""
    try:
        told = json.loads(path.read_bytes())["troubles"]
        return [str(one["what"]) for one in told if one["run"] == run]
    except (OSError, ValueError, KeyError, TypeError):
        return []
