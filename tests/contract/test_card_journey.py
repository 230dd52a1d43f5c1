"""A card dies and a new one joins over HTTPS, by the commands that docs/storage.md names, as they are."""
from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from central.cli import main as central
from central.ingest.collector import Message
from edge.cli import main as edge
from edge.setup import make_box
from edge.sync.process import make_inbox
from edge.wiring import Box, open_box
from evidence.bodies import SessionStart
from tests.contract.test_join import SERIAL, Server, joins, site  # noqa: F401
from verify.cli import main as verify


def _send(site: Server, box: Box) -> bool:  # noqa: F811
    store, inbox = box.store, make_inbox(box, "centre")
    messages = [Message("box-101", one.envelope) for one in store.records(store.receipted_up_to())]
    for said in site.centre.collector().take(messages):
        if said.topic == "receipts":
            inbox.receipt(said.envelope)
    return store.receipted_up_to() == store.head_seq()


def _joined(site: Server, folder: Path) -> Box:  # noqa: F811
    desk = site.centre.desk()
    make_box(folder, "box-101", "demo", "101 教室", "zh")
    joins(site, folder, desk.claim("box-101", SERIAL, 48), lambda: desk.approve("box-101"))
    return open_box(folder)


def test_a_card_that_died_is_replaced_and_its_key_revoked(
    site: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str],  # noqa: F811
) -> None:
    box = _joined(site, tmp_path / "box")
    box.store.append("session.start", SessionStart("welder-1", "s-1", "page"))
    assert _send(site, box)
    old = [one.envelope for one in box.store.records()]
    box.store.close()
    shutil.rmtree(tmp_path / "box")
    centre, pack = str(site.centre.folder), str(tmp_path / "box-101.pack")
    run: Callable[..., int] = lambda *args: central(["--lang", "en", *args, "--centre", centre])  # noqa: E731
    assert run("box", "revoke", "box-101", "--reason", "card died") == 0
    assert run("box", "pack", "box-101", "--to", pack) == 0
    box = _joined(site, tmp_path / "box")
    box.store.close()
    assert edge(["--lang", "en", "restore", pack, "--box", str(tmp_path / "box")]) == 0
    box = open_box(tmp_path / "box")
    assert [one.envelope for one in box.store.past()] == old and _send(site, box)
    assert not [one for one in site.alarms() if one.code.startswith("chain.")]
    box.store.close()
    capsys.readouterr()
    root = str(tmp_path / "box" / "keys" / "root.crt")
    assert verify([str(tmp_path / "box"), "--root", root, "--lang", "en"]) == 0
    capsys.readouterr()
    assert run("box", "list") == 0
    ended, now = capsys.readouterr().out.splitlines()[1:3]
    assert "box-101" in ended and "revoked" in ended and "box-101" in now and "in order" in now
