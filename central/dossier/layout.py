"""`python -m central.dossier.layout ENDING LANG`: one dossier laid out by a process of its own, which gives way to
everybody else and ends by itself. Facts come in on stdin, bytes go out on stdout; nothing touches the disk."""
from __future__ import annotations

import io
import os
import pickle
import resource
import sys
import zipfile

from central.dossier.shape import Facts

CPU_S = 300
MEMORY = 3 << 30
"""80 trainees and 200 half-days take 20 seconds and 470 MiB (docs/dossier.md)."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of all files in a ZIP: the same facts give the same bytes."""


def laid_out(facts: Facts, ending: str, lang: str) -> bytes:
    """The bytes of a dossier. `ending`: .pdf, .xlsx, .json, or .zip of the tables (CSV)."""
    from central.dossier.made import rendered

    made = rendered(facts, "" if ending == ".zip" else ending, lang)
    if isinstance(made, bytes):
        return made
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in made.items():
            packed.writestr(entry(f"{facts.head.class_id}/{name}"), data)
    return out.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    """A file in a ZIP, for its owner alone."""
    found = zipfile.ZipInfo(name, EPOCH)
    found.compress_type, found.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return found


def main() -> None:
    """What the process does."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    ending, lang = sys.argv[1:]
    facts: Facts = pickle.loads(sys.stdin.buffer.read())  # from the console that started this, by a pipe
    sys.stdout.buffer.write(laid_out(facts, ending, lang))


if __name__ == "__main__":
    main()
