"""The screen of a box, drawn in memory: what waits for the terminal, its page, and a browser that dies."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

PROJECT = Path(__file__).parents[3]
START = PROJECT / "provisioning/system/kiosk/start"
PAPER, CARD = (0xF4, 0xF1, 0xE8), (0xFF, 0xFD, 0xF8)
OWN = 64_999
"""The number of the user as whom the browser runs here: it refuses root."""
SCREEN = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1", "ZAITANG_ROTATE": "90"}
TRY = """
ip link set lo up
cd $XDG_RUNTIME_DIR
own="setpriv --reuid=$OWN --regid=$OWN --clear-groups env HOME=$XDG_RUNTIME_DIR"
shot() { $own WAYLAND_DISPLAY=wayland-0 grim "$1"; }
draws() { pgrep -U $OWN -f -- --type=renderer >/dev/null; }
(exec $own "$START") & kiosk=$!
for i in $(seq 60); do sleep 0.25; ! draws || break; done
sleep 2
shot waiting.png
"$PYTHON" -m edge.cli process terminal --box "$BOX" & terminal=$!
until grep -q "0100007F:1F90 " /proc/net/tcp; do kill -0 $terminal && sleep 0.2; done  # 127.0.0.1:8080
sleep 4
shot page.png
pkill -9 -U $OWN -f -- --type=renderer
for i in $(seq 40); do sleep 0.25; kill -0 $kiosk || break; done
kill $kiosk && echo stays || echo "begins anew"
kill $terminal
wait
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of the browser's own."""
    for program in ("cage", "grim", "chromium", "setpriv", "pgrep"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here: provisioning/setup provisioning/apt-test.txt")
    if os.geteuid() != 0:
        pytest.skip("only root may have a network of its own and run the browser as another")
    made = Path("/run") / f"zaitang-kiosk-{os.getpid()}"
    made.mkdir(mode=0o700)
    os.chown(made, OWN, OWN)
    yield made
    shutil.rmtree(made)


def shares(path: Path) -> dict[tuple[int, int, int], float]:
    """How much of a picture has each colour."""
    picture = Image.open(path).convert("RGB")
    counted = picture.getcolors(picture.width * picture.height) or []
    return {colour: count / (picture.width * picture.height) for count, colour in counted}  # type: ignore[misc]


@pytest.mark.long
def test_the_screen_waits_shows_the_terminal_and_begins_anew_when_the_browser_dies(here: Path, tmp_path: Path) -> None:
    edge = (sys.executable, "-m", "edge.cli")
    environ = {**os.environ, **SCREEN, "XDG_RUNTIME_DIR": str(here), "START": str(START), "OWN": str(OWN),
               "PYTHON": sys.executable, "BOX": str(tmp_path / "box"), "PYTHONPATH": str(PROJECT)}
    subprocess.run([*edge, "init", str(tmp_path / "box"), "--device", "box-101", "--policy", "demo", "--test-keys"],
                   check=True, env=environ, capture_output=True, timeout=60)
    # All of it ends with the first process of its own space.
    alone = ("unshare", "-n", "--fork", "--pid", "--mount-proc", "--kill-child")
    done = subprocess.run([*alone, "/bin/sh", "-c", TRY], env=environ, capture_output=True, text=True, timeout=100,
                          check=False)
    waiting, page = shares(here / "waiting.png"), shares(here / "page.png")
    assert Image.open(here / "page.png").size == (720, 1280)
    assert waiting[PAPER] > 0.9 and waiting.get(CARD, 0) == 0, done.stderr
    assert page.get(CARD, 0) > 0.1, done.stderr
    assert "begins anew" in done.stdout, done.stdout + done.stderr
