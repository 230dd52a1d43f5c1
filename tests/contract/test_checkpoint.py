"""Both ends as they run: the collector signs the tree, a box hears of it and records it, an export proves it all."""
from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.wiring import Box, open_box
from evidence.bodies import CheckpointSeen, body_of
from evidence.checkpoint import check_seen, open_checkpoint
from evidence.notes import read_key
from provisioning.demo import day
from provisioning.demo.services import Services, run, tool
from provisioning.demo.site import Site

pytestmark = [pytest.mark.timeout(120), pytest.mark.long]


@pytest.fixture
def site(tmp_path: Path, services: Services) -> Site:
    """A centre that runs, has certified a box and signed a class for it."""
    site = Site(tmp_path, services)
    site.start_centre()
    site.add_class(["王秀英", "李强"])
    return site


@pytest.fixture
def box(site: Site) -> Iterator[Box]:
    (site.box / "box.toml").write_text(f'''device = "{day.DEVICE}"
policy = "demo"
[sync]
broker = "127.0.0.1"
port = {site.ports.broker}
''')
    box = open_box(site.box)
    yield box
    box.store.close()


def until(services: Services, what: str, true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        services.check()
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.1)


def test_a_box_records_the_checkpoint_that_the_running_centre_signed(
    site: Site, box: Box, services: Services, tmp_path: Path,
) -> None:
    services.start("box", [tool("zaitang-edge"), "run", "--box", site.box, "--only", "sync"])
    until(services, "a checkpoint at the box", lambda: bool(box.store.records_of("checkpoint.seen")))
    until(services, "receipts up to the head", lambda: box.store.receipted_up_to() == box.store.head().record.seq)
    services.stop("box")
    log = f"http://127.0.0.1:{site.ports.console}/log"
    with urllib.request.urlopen(f"{log}/key", timeout=20) as answer:
        key = read_key(answer.read().decode().strip())
    (record,) = box.store.records_of("checkpoint.seen")
    seen = body_of(record.record)
    assert isinstance(seen, CheckpointSeen)
    check_seen(seen, key)
    with urllib.request.urlopen(f"{log}/checkpoint?size={seen.size}", timeout=20) as answer:
        assert open_checkpoint(answer.read(), key).checkpoint.root.hex() == seen.root_hash
    export = tmp_path / "export"
    run("zaitang-central", "export", "--centre", site.centre, day.CLASS_ID, "--to", export)
    done = subprocess.run([str(tool("zaitang-verify")), str(export), "--root", str(site.root), "--lang", "en", "--json",
                           str(tmp_path / "told.json")], capture_output=True, text=True, check=False)
    told = json.loads((tmp_path / "told.json").read_text())
    assert (done.returncode, told["problems"]) == (0, []), done.stdout + done.stderr
    assert f"size {seen.size}\n" in (export / "tree/seen").read_text(), "that the tree goes on from what the box saw"
