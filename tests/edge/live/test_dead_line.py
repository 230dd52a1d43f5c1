"""A line that dies without a word, in a network of its own: it is noticed in seconds, and the newest comes when it is
back. Run by itself it is the box's end and the centre's: `unshare -rn python test_dead_line.py`."""
from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.live.backlog import MOST_PIECES, Backlog
from edge.live.pusher import SOCKET, TIMEOUT, WITHIN, Line, Pusher, Way
from edge.sync.client import make_client
from evidence.seal import KeySigner
from tests.edge.live.conftest import Hub

PIECES, EVERY_S, DEAD_S = 40, 0.5, 12.0


def link(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


class Telling(Pusher):
    """Remembers when it first noticed that something is wrong."""

    noticed_s: float | None = None

    def _tell(self, why: str) -> None:
        self.noticed_s = self.noticed_s or time.monotonic()


def main() -> None:
    link("up")
    key = Ed25519PrivateKey.generate()
    hub, line, stop = Hub(key.public_key()), Line(Backlog(lambda before: before + 1)), threading.Event()
    way = Way(hub.address, "box-1", "centre", "0" * 64, KeySigner(key))
    client = make_client(None, None, TIMEOUT, SOCKET, WITHIN)
    pusher = Telling(way, client, line, lambda: True, lambda: time.time_ns() // 1000)
    threading.Thread(target=pusher.run, args=(stop,), daemon=True).start()
    cut_s = back_s = 0.0
    with line.ready:
        line.backlog.begin(b"header", 0)
    for number in range(PIECES):
        with line.ready:
            line.backlog.put("video", bytes(200_000), number, True)
            line.ready.notify_all()
        time.sleep(EVERY_S)
        if not cut_s and len(hub.got) > 2:
            link("down")
            cut_s = time.monotonic()
        elif cut_s and not back_s and time.monotonic() - cut_s > DEAD_S:
            link("up")
            back_s, before = time.monotonic(), len(hub.got)
    first, *_ = hub.got[before:]
    print(json.dumps({"noticed": pusher.noticed_s - cut_s, "back": first.at_s - back_s,  # type: ignore[operator]
                      "left": hub.got[before - 1].word.number, "first": first.word.number,
                      "skipped": first.word.skipped}))


@pytest.mark.faults
def test_a_line_that_dies_without_a_word_is_noticed_in_seconds() -> None:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run(
            [unshare, "-rn", "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode:
        pytest.skip("no network of one's own can be made here")
    done = subprocess.run([unshare, "-rn", sys.executable, "-m", "tests.edge.live.test_dead_line"],
                          capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["noticed"] < 9, "5 s without a confirmation, and a busy machine"
    assert told["back"] < 8 and told["skipped"]
    assert told["first"] - told["left"] > DEAD_S / EVERY_S - 2 * MOST_PIECES


if __name__ == "__main__":
    main()
