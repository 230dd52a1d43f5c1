"""`python -m bench [ROW …]`: measures rows and figures, prints their tables, writes build/bench.json."""
from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.figures import FIGURES
from bench.harness import Figures, Result, Row, Skipped, measure
from bench.report import conditions, document, said, table
from bench.rows import ROWS
from evidence.errors import ZaitangError

OUT = Path(__file__).parents[1] / "build"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 1 when a row failed; one whose inputs are missing is skipped and says so."""
    parser = argparse.ArgumentParser(prog="bench", description="Ratios against peers and limits of the same run.")
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help=f"of {', '.join((*ROWS, *FIGURES))}; without any, all of them")
    parser.add_argument("--json", type=Path, default=OUT / "bench.json", metavar="OUT", help="default: %(default)s")
    chosen = parser.parse_args(argv)
    known = {**ROWS, **FIGURES}
    if unknown := [name for name in chosen.rows if name not in known]:
        parser.error(f"there is no row {', '.join(unknown)}; the rows are {', '.join(known)}")
    now = conditions()
    print(said(now), end="\n\n", flush=True)
    results, figures, skipped, failed = run([known[name] for name in chosen.rows or known])
    if results:
        print("\n".join(table(results)))
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    whole = {**document(results, skipped, now), "figures": figures}
    chosen.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


def run(
    rows: Sequence[Row | Figures],
) -> tuple[list[Result], dict[str, dict[str, Any]], dict[str, str], dict[str, str]]:
    """Measure rows one after the other, each in a folder of its own on the disk that holds the checkout. Figures are
    printed as they are done.

    Returns results, figures, and by row why it was skipped or what failed.
    """
    results: list[Result] = []
    figures: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    OUT.mkdir(exist_ok=True)
    for row in rows:
        if sys.stderr.isatty():
            print(f"{row.name} …\033[K", end="\r", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="bench-", dir=OUT) as folder:
            try:
                if isinstance(row, Row):
                    results.append(measure(row, Path(folder)))
                else:
                    lines, figures[row.name] = row.measure(Path(folder))
                    print("\n".join([f"{row.name}: {row.title}", *lines]), end="\n\n", flush=True)
            except Skipped as why:
                skipped[row.name] = str(why)
                print(f"{row.name} skipped: {why}")
            except ZaitangError as error:
                failed[row.name] = str(error)
                print(f"{row.name} failed: {error}")
    return results, figures, skipped, failed


if __name__ == "__main__":
    sys.exit(main())
