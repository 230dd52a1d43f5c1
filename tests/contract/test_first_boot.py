"""A new box and a centre, both as they are: it asks, is claimed and approved, and is a box then; or hears why not."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from central.devices.introductions import Named
from central.wiring import Centre, init_centre
from edge.config import load_box
from edge.firstboot import newcomer as module
from edge.firstboot.errors import ToldAlready
from edge.firstboot.ground import find_ground
from edge.firstboot.newcomer import Newcomer
from edge.identity.tls import own_certificate
from edge.models.choice import Choice
from edge.wiring import open_box
from evidence.certs import identity, read_certificate, split_chain
from evidence.seal import keyid_of
from tests.contract.test_join import Server, serving

SERIAL = "100000003d1d1c36"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    centre = init_centre(tmp_path / "centre", test_keys=True)
    with serving(centre) as server:
        yield server
    centre.store.close()


def told(folder: Path, site: Server, pin: str = "", more: str = "") -> Path:
    """What an installer writes."""
    path = folder / "box-centre.toml"
    path.write_text(f'centre = "{site.address}"\npin = "{pin or site.centre.root_fingerprint}"\n{more}')
    return path


def newcomer(folder: Path, file: Path) -> Newcomer:
    return Newcomer(find_ground(folder / "box"), SERIAL, file, lambda: None)


def approve(centre: Centre, code: str, device: str = "box-101") -> None:
    welcome = centre.welcome()
    key = welcome.find(code).evidence_key or ""
    welcome.claim(code, key, Named(device, "101", None, "demo", "zh"), "admin", True)
    centre.desk().approve(device, key, "admin")


def test_a_box_asks_until_it_is_approved_and_is_one_then(site: Server, tmp_path: Path) -> None:
    new = newcomer(tmp_path, told(tmp_path, site))
    new.turn()
    known = new.known()
    assert known.state == "introduced" and known.serial == SERIAL
    claim = site.centre.welcome().find(known.code)
    assert (claim.serial, claim.asked_from) == (SERIAL, "127.0.0.1")
    approve(site.centre, known.code)
    again = newcomer(tmp_path, told(tmp_path, site))  # the power failed meanwhile
    again.turn()
    assert (again.known().state, again.known().device, again.known().code) == ("approved", "box-101", known.code)
    again.begin([])
    box = open_box(tmp_path / "box")
    with contextlib.closing(box.store):
        root = read_certificate(box.keys.root)
        assert identity(box.keys.certificate, root, "box").keyid == known.keyid
        assert box.config.sync is not None and box.config.sync.devices == site.address
        assert box.config.enrol.code == again.code and box.centre() is not None
    assert own_certificate(tmp_path / "box" / "keys").subject.rfc4514_string() == "CN=box-101"
    assert keyid_of(read_certificate(split_chain(box.keys.certificate)[0]).public_key()) == known.keyid  # type: ignore[arg-type]


def test_a_pack_that_is_brought_while_the_screen_is_shown_is_taken(
    site: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = [Choice("builtin")]
    monkeypatch.setattr(module, "choose_pack", lambda: here[0])
    new = newcomer(tmp_path, told(tmp_path, site))
    new.turn()
    assert new.known().choice is None
    approve(site.centre, new.known().code)
    new.turn()
    assert new.known().choice == Choice("builtin")
    here[0] = Choice("opencv")
    new.turn()
    assert new.known().choice == Choice("opencv")
    new.begin([])
    assert load_box(tmp_path / "box").vision.pack == "opencv"


def test_nothing_is_told_to_a_centre_without_the_pinned_root(site: Server, tmp_path: Path) -> None:
    new = newcomer(tmp_path, told(tmp_path, site, "ab" * 32))
    new.turn()
    assert new.known().state == "stranger"
    with site.centre.store.read() as tx:
        assert tx.claims("introduced") == []


def test_without_a_centre_or_away_from_it_the_screen_says_so_and_goes_on(site: Server, tmp_path: Path) -> None:
    file = tmp_path / "box-centre.toml"
    new = newcomer(tmp_path, file)
    new.turn()
    assert new.known().state == "no_centre"
    file.write_text(f'centre = "https://localhost:9"\npin = "{site.centre.root_fingerprint}"\n')
    new.turn()
    assert new.known().state == "away" and new.known().why["zh"]
    told(tmp_path, site)
    new.turn()
    assert new.known().state == "introduced"


def test_a_centre_that_is_typed_at_the_screen_is_known_by_its_pin_as_well(site: Server, tmp_path: Path) -> None:
    file = tmp_path / "box-centre.toml"
    new = newcomer(tmp_path, file)
    new.turn()
    assert new.known().asks_centre
    new.tell(site.address, "ab" * 32)
    new.turn()
    assert new.known().state == "stranger" and new.known().asks_centre
    with site.centre.store.read() as tx:
        assert tx.claims("introduced") == []
    new.tell(site.address, site.centre.root_fingerprint)
    new.turn()
    assert new.known().state == "introduced" and not new.known().asks_centre
    with pytest.raises(ToldAlready):
        new.tell("https://evil.example", "ab" * 32)
    approve(site.centre, new.known().code)
    again = newcomer(tmp_path, file)  # the power failed meanwhile
    again.turn()
    again.begin([])
    with contextlib.closing(open_box(tmp_path / "box").store):
        assert {one.name for one in (tmp_path / "box").iterdir()} >= {"box.toml", "keys"}
    assert not list((tmp_path / "box").rglob("told.toml"))


def test_what_the_installer_says_stands_above_what_is_typed(site: Server, tmp_path: Path) -> None:
    new = newcomer(tmp_path, told(tmp_path, site, "ab" * 32))
    new.turn()
    assert new.known().state == "stranger" and not new.known().asks_centre
    with pytest.raises(ToldAlready):
        new.tell(site.address, site.centre.root_fingerprint)
    (tmp_path / "box-centre.toml").unlink()
    new.tell("https://localhost:9", "ab" * 32)
    told(tmp_path, site)
    new.turn()
    assert new.known().state == "introduced"


def test_a_refused_box_asks_again_with_other_keys(site: Server, tmp_path: Path) -> None:
    new = newcomer(tmp_path, told(tmp_path, site))
    new.turn()
    first, welcome = new.known(), site.centre.welcome()
    welcome.claim(first.code, welcome.find(first.code).evidence_key or "",
                  Named("box-101", "101", None, "demo", "zh"), "admin", True)
    new.turn()
    assert new.known().state == "waiting"
    site.centre.desk().refuse("box-101", "the wrong room")
    new.turn()
    assert new.known().state == "refused" and new.known().why["en"] == "the wrong room"
    new.again()
    new.turn()
    assert new.known().state == "introduced" and new.known().code != first.code


def test_what_a_flood_sends_to_the_centre_is_bounded(site: Server) -> None:
    with httpx.Client(verify=False, base_url=site.address) as client:
        for body in (b"{}", b"[", b'{"serial": "a b", "request": "x", "tls_request": "y"}', b"x" * 20_000):
            assert client.post("/devices/introduce", content=body).status_code == 403
        bad = {"serial": "a", "request": "x", "tls_request": "y"}
        statuses = [client.post("/devices/introduce", json=bad).status_code for _ in range(12)]
    assert statuses[-1] == 429
    with site.centre.store.read() as tx:
        assert tx.claims("introduced") == []
    assert site.alarms() == []
