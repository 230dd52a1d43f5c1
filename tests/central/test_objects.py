"""The object store: what a killed upload leaves is swept, what is on its way in stays."""
from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn

from central.objects import Objects
from central.web.server import serve
from central.wiring import Centre

DATA = b"the bytes of a segment"
SHA = hashlib.sha256(DATA).hexdigest()
KILLED = """
import os, signal, sys
from pathlib import Path
from central.objects import Objects
incoming = Objects(Path(sys.argv[1])).receive(sys.argv[2], 22)
incoming.write(b"the bytes of")
os.kill(os.getpid(), signal.SIGKILL)
"""


def parts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix == ".part"]


def killed_upload(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), SHA], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL and len(parts(folder)) == 1


def test_what_a_killed_upload_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    objects = Objects(tmp_path / "objects")
    objects.put(SHA, len(DATA), [DATA])
    killed_upload(tmp_path / "objects")
    other = hashlib.sha256(b"other").hexdigest()
    with objects.receive(other, 5) as incoming:
        incoming.write(b"oth")
        assert objects.sweep() == 1
        assert [path.name.split(".")[1] for path in parts(tmp_path)] == [other], "it is being written just now"
        incoming.write(b"er")
        incoming.finish()
    assert objects.path(other).read_bytes() == b"other" and objects.path(SHA).read_bytes() == DATA
    assert objects.sweep() == 0 and parts(tmp_path) == []


def test_a_centre_without_any_file_has_nothing_to_sweep(tmp_path: Path) -> None:
    assert Objects(tmp_path / "none").sweep() == 0


def test_serving_begins_with_it(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_upload(centre.folder / "objects")
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: sockets[0].close())
    serve(centre, None, 0, "en")
    assert parts(centre.folder) == []
