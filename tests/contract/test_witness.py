"""A witness and a centre, over HTTP on the loopback: the centre that comes back from a backup is caught."""
from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from central.ingest.collector import Message
from central.web.app import create_app
from central.web.server import listen
from central.wiring import Centre, init_centre, open_centre
from evidence.bodies import Alarm
from tests.central.helpers import MORNING, Box, FixedClock
from verify.cli import main

NOW_S = MORNING // 1_000_000
Serve = Callable[[Centre], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a centre's console; gives the address of its tree."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(centre: Centre) -> str:
        sock = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(create_app(centre), log_level="error"))
        thread = threading.Thread(target=server.run, args=([sock],))
        running.append((server, thread))
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started:
            assert time.monotonic() < deadline and thread.is_alive()
            time.sleep(0.02)
        return f"http://127.0.0.1:{sock.getsockname()[1]}/log"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(60)


def more(centre: Centre, box: Box, count: int, at_s: int) -> None:
    """Records come, and a checkpoint is signed."""
    for number in range(count):
        box.append(Alarm("camera.silent", {"number": number}), MORNING + number)
    centre.collector().take(box.messages()[-count - 1:])
    centre.tree().issue(at_s)


def test_a_centre_rolled_back_to_a_backup_is_caught_by_the_witness(
    tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "centre"
    init_centre(folder, test_keys=True, clock=FixedClock()).store.close()
    assert main(["witness", "--key", str(tmp_path / "key"), "--new", "auditor.example/w1"]) == 0
    witness = capsys.readouterr().out.splitlines()[-1]
    config = folder / "centre.toml"
    config.write_text(config.read_text("utf-8").replace("witnesses = []", f'witnesses = ["{witness}"]'), "utf-8")
    centre = open_centre(folder, FixedClock())
    box = Box(centre)
    box.genesis()
    more(centre, box, 20, NOW_S)

    def look(address: str) -> int:
        return main(["witness", "--key", str(tmp_path / "key"), "--log", address, "--log-key",
                     centre.tree().key.text, "--state", str(tmp_path / "seen"), "--lang", "en"])

    address = serve(centre)
    assert look(address) == 0
    centre.store.close()
    shutil.copy(folder / "zaitang.db", tmp_path / "backup.db")
    more(centre, box, 300, NOW_S + 60)
    assert look(address) == 0
    with centre.store.read() as tx:
        sizes = [tx.leaves() - 300, tx.leaves()]
        assert [len(tx.cosignatures(size)) for size in sizes] == [1, 1]
    centre.store.close()

    for log in ("", "-wal", "-shm"):
        (folder / f"zaitang.db{log}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", folder / "zaitang.db")
    capsys.readouterr()
    back = open_centre(folder, FixedClock())
    assert look(serve(back)) == 2 and "is older than what this witness saw" in capsys.readouterr().err
    back.tree().issue(NOW_S + 90)  # as after every start
    assert look(serve(back)) == 1
    assert "THE CENTRE WAS ROLLED BACK" in capsys.readouterr().err
    for one in box.sealed[:5]:  # it goes on elsewhere, until it is larger than before
        back.collector().take([Message(box.device, one.envelope)])
    other = Box(back, "box-2", "cd" * 16)
    other.genesis()
    more(back, other, 400, NOW_S + 120)
    assert look(serve(back)) == 1
    assert "THE CENTRE CHANGED ITS PAST" in capsys.readouterr().err
    back.store.close()
