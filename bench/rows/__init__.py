"""The rows, one file each, in the order of the table."""
from __future__ import annotations

from bench.harness import Row
from bench.rows import archive, bag, collect, detect, fold, fold_terminal, recorder, rollcall, seal, terminal, verify

ROWS: dict[str, Row] = {row.name: row for row in (
    seal.ROW, collect.ROW, verify.ROW, bag.ROW, archive.ROW, fold.ROW, fold_terminal.ROW, recorder.ROW,
    recorder.WITH_PICTURES, detect.ROW, rollcall.ROW, rollcall.FACES, terminal.ROW, terminal.INSIGHTFACE,
    terminal.DLIB)}
