"""The object store: what is whole has its hash, what is on its way stays for a while, and nothing mixes the two."""
from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from central.errors import PartBusy, WrongSegmentBytes
from central.objects import Objects
from central.parts import KEEP_S, Part
from central.web.server import serve
from central.wiring import Centre

DATA = b"the bytes of a segment"
SHA = hashlib.sha256(DATA).hexdigest()
KILLED = """
import os, signal, sys
from pathlib import Path
from central.objects import Objects
objects = Objects(Path(sys.argv[1]))
objects.parts.open(sys.argv[2], "box-1", 22, objects.path(sys.argv[2])).write(b"the bytes of")
os.kill(os.getpid(), signal.SIGKILL)
"""


def opened(objects: Objects, device: str = "box-1", sha256: str = SHA) -> Part:
    return objects.parts.open(sha256, device, len(DATA), objects.path(sha256))


def killed_upload(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), SHA], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_what_a_killed_upload_left_is_gone_on_with(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    killed_upload(tmp_path)
    assert objects.parts.received(SHA, "box-1") == 12 and not objects.has(SHA)
    with opened(objects) as part:
        part.write(DATA[part.size:])
        part.finish()
    assert objects.path(SHA).read_bytes() == DATA and objects.intact(SHA)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_part_that_nobody_goes_on_with_is_swept_and_nothing_else(tmp_path: Path) -> None:
    objects, now = Objects(tmp_path), time.time()
    assert objects.parts.sweep(now) == 0
    for device in ("box-1", "box-2", "box-3"):
        with opened(objects, device) as part:
            part.write(DATA[:4])
    for device in ("box-1", "box-2"):
        os.utime(objects.parts.path(SHA, device), (now - KEEP_S - 1, now - KEEP_S - 1))
    with opened(objects, "box-2") as part:
        assert objects.parts.sweep(now) == 1
        part.write(DATA[4:])
        part.finish()
    assert objects.intact(SHA) and objects.parts.received(SHA, "box-3") == 4
    assert objects.parts.received(SHA, "box-1") == 0


def test_one_part_is_written_by_one_at_a_time(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    with opened(objects):
        with pytest.raises(PartBusy):
            opened(objects)
        opened(objects, "box-2").__exit__()
    opened(objects).__exit__()


def test_who_waited_for_a_part_that_was_finished_does_not_write_into_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    objects, path = Objects(tmp_path), type(tmp_path)
    first, open_file = opened(objects), path.open

    def late(self: Path, *args: object, **options: object) -> object:
        handle = open_file(self, *args, **options)
        monkeypatch.undo()
        first.write(DATA)
        first.finish()
        first.__exit__()
        return handle

    monkeypatch.setattr(path, "open", late)
    with pytest.raises(PartBusy):
        opened(objects)
    assert objects.path(SHA).read_bytes() == DATA


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, len(DATA)), max_size=6))
def test_however_it_is_cut_the_whole_is_the_same(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    objects = Objects(tmp_path_factory.mktemp("objects"))
    for until in [*sorted(cuts), len(DATA)]:
        with opened(objects) as part:
            part.write(DATA[part.size:until])
            assert part.size == until and not objects.has(SHA)
    with opened(objects) as part:
        part.finish()
    assert objects.intact(SHA)


@pytest.mark.parametrize("data", [DATA.replace(b"the", b"THE"), DATA + b"!"])
def test_other_bytes_leave_nothing(tmp_path: Path, data: bytes) -> None:
    objects = Objects(tmp_path)
    with pytest.raises(WrongSegmentBytes), opened(objects) as part:
        part.write(data)
        part.finish()
    assert not objects.has(SHA) and objects.parts.received(SHA, "box-1") == 0


def test_a_part_that_is_longer_than_the_file_begins_anew(tmp_path: Path) -> None:
    objects = Objects(tmp_path)
    with opened(objects) as part:
        part.write(DATA[:9])
    with objects.parts.open(SHA, "box-1", 5, objects.path(SHA)) as part:
        assert part.size == 0


def test_serving_begins_with_a_sweep(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_upload(centre.folder / "objects")
    old = time.time() - KEEP_S - 1
    os.utime(centre.objects.parts.path(SHA, "box-1"), (old, old))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: sockets[0].close())
    serve(centre, None, 0, "en")
    assert list((centre.folder / "objects" / "incoming").iterdir()) == []
