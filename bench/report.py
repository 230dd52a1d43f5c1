"""Results as a table for people and as a document for programs, with the conditions they were measured under."""
from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.harness import Result

PACKAGES = ("cryptography", "orjson", "rfc8785", "numpy", "onnxruntime", "opencv-python", "av", "sqlite-utils")
HEAD = ("row", "ratio", "of repetitions", "Zaitang", "peer", "per second")


def conditions() -> dict[str, Any]:
    """The machine, its load at this moment, and the versions that matter."""
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def said(conditions: Mapping[str, Any]) -> str:
    """The conditions in one line."""
    packages = ", ".join(f"{name} {version}" for name, version in conditions["packages"].items())
    return (f"{conditions['processor'] or conditions['machine']}, {conditions['cores']} cores, "
            f"load {conditions['load'][0]}; Python {conditions['python']}; {packages}")


def table(results: Sequence[Result]) -> Iterator[str]:
    """One line for each row, then what each compares and what it remarks."""
    lines = [HEAD, *(_cells(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        yield "  ".join(cell.ljust(width) if column in (0, 5) else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
    yield ""
    for result in results:
        row = result.row
        clock = " (seconds of CPU)" if row.clock == "cpu" else ""
        yield f"{row.name}: {row.ours}, against {row.peer}{clock}"
        yield from (f"  {remark}" for remark in result.remarks)


def document(results: Sequence[Result], skipped: Mapping[str, str], conditions: Mapping[str, Any]) -> dict[str, Any]:
    """What build/bench.json holds."""
    return {"conditions": dict(conditions), "rows": [_entry(result) for result in results], "skipped": dict(skipped)}


def _entry(result: Result) -> dict[str, Any]:
    row = result.row
    return {
        "row": row.name, "ours": row.ours, "peer": row.peer, "clock": row.clock, "unit": row.unit,
        "ratio": round(result.ratio, 4), "ours_per_s": round(result.ours_rate, 3),
        "peer_per_s": round(result.peer_rate, 3), "ours_s": [round(each, 6) for each in result.ours_s],
        "peer_s": [round(each, 6) for each in result.peer_s], "remarks": list(result.remarks),
    }


def _cells(result: Result) -> tuple[str, ...]:
    low, high = min(result.ratios), max(result.ratios)
    return (result.row.name, f"{_short(result.ratio)} x", f"{_short(low)}-{_short(high)}", _short(result.ours_rate),
            _short(result.peer_rate), result.row.unit)


def _short(number: float) -> str:
    """Three significant digits, without an exponent."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number >= 0.001 else f"{number:.5f}"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor(path: Path = Path("/proc/cpuinfo")) -> str:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
