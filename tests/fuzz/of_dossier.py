"""Parsers of dossiers: the code that somebody typed off paper, and the files of an earlier export."""
from __future__ import annotations

from central.dossier.bulk import earlier_csv, earlier_json
from central.dossier.document import csv_files, json_bytes
from central.dossier.errors import NotAProof
from central.dossier.proof import code_text, read_code
from tests.central.dossier.classes import flagged
from tests.fuzz.parser import Bench, Parser


def _code(data: bytes, _: Bench) -> object:
    return read_code(data.decode("utf-8-sig", "replace"))


def _json(data: bytes, bench: Bench) -> object:
    return earlier_json(bench.file(data, "c-1.json"))


def _csv(data: bytes, bench: Bench) -> object:
    bench.file(data, "class.csv")
    return earlier_csv(bench.folder)


def _table() -> bytes:
    return csv_files(flagged(), "zh")["class.csv"]


PARSERS = (
    Parser("code of a dossier", ("central/dossier/proof.py",), "lines", lambda: [code_text(flagged()).encode()], _code,
           (NotAProof,)),
    Parser("earlier export, JSON", ("central/dossier/bulk.py",), "json", lambda: [json_bytes(flagged(), "zh")], _json),
    Parser("earlier export, CSV", ("central/dossier/bulk.py",), "lines", lambda: [_table()], _csv),
)
