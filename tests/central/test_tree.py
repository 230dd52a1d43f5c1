"""The centre's tree: every record is a leaf in its order, checkpoints never contradict each other, proofs hold."""
from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from sqlalchemy import Engine, inspect, text

from central.cli import main
from central.errors import DatabaseUnusable, OtherTree
from central.orders.boxes import order_settings
from central.signing import trust_clock
from central.store.accounts import Kept
from central.store.engine import open_engine, reading, writing
from central.store.schema import SCHEMA_VERSION
from central.store.tables import Tx
from central.tree.errors import BadWitness, NoStamp, TreeDamaged
from central.tree.keeper import DAY_S, Keeper, kept
from central.tree.tree import Tree
from central.tree.witnesses import take_cosignatures, witness_keys
from central.web.app import create_app
from central.wiring import Centre, open_centre
from evidence.bodies import Alarm
from evidence.box_orders import BoxSettings
from evidence.checkpoint import Checkpoint, cosign, log_key, open_checkpoint, sign_checkpoint
from evidence.logproof import read_consistency, read_inclusion
from evidence.merkle import check_consistency, check_inclusion, leaf_hash, root_hash
from evidence.notes import COSIGNED, Note, NoteKey, read_key
from evidence.seal import KeySigner
from evidence.times import SECOND
from tests.central.helpers import MORNING, Box, FixedClock
from tests.evidence.test_checkpoint import EYE, WITNESS
from tests.evidence.test_merkle import nodes

SCHEMA_1 = Path(__file__).parent / "data" / "schema-1.sql"
SCHEMA_2 = SCHEMA_1.with_name("schema-2.sql")
STRANGER = Ed25519PrivateKey.generate()
NOW_S = MORNING // 1_000_000


@pytest.fixture
def box(centre: Centre) -> Box:
    made = Box(centre)
    made.genesis()
    send(centre, made, 5)
    return made


def send(centre: Centre, box: Box, count: int) -> None:
    """So many records more arrive."""
    for number in range(count):
        box.append(Alarm("camera.silent", {"number": number}), MORNING + number)
    centre.collector().take(box.messages()[-count - 1:])  # the first of a box brings its genesis; twice is no harm


def leaves(centre: Centre) -> list[bytes]:
    with centre.store.read() as tx:
        return [leaf_hash(one) for one in tx.envelopes_from(0, 10_000)]


def test_every_record_of_every_chain_is_a_leaf_in_the_order_of_acceptance(centre: Centre, box: Box) -> None:
    other = Box(centre, "box-2", "cd" * 16)
    other.genesis()
    send(centre, other, 300)
    stated = centre.tree().issue(NOW_S)
    hashes = leaves(centre)
    assert stated.checkpoint.size == len(hashes) == 3 + 6 + 301  # the centre began and certified two boxes
    assert stated.checkpoint.root == root_hash(nodes(hashes), len(hashes))
    for sealed in (*box.sealed, *other.sealed):
        with centre.store.read() as tx:
            assert hashes[tx.leaf_of(*sealed.record.key)] == leaf_hash(sealed.envelope)


def test_it_grows_the_same_in_small_steps_and_by_two_at_once(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("central.tree.tree.BATCH", 3)
    trees = [centre.tree(), centre.tree()]
    for _ in range(3):
        send(centre, box, 40)
        threads = [threading.Thread(target=tree.grow) for tree in trees]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    hashes = leaves(centre)
    assert centre.tree().issue(NOW_S).checkpoint.root == root_hash(nodes(hashes), len(hashes))


def test_a_checkpoint_is_issued_when_records_came_once_a_day_and_after_a_start(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    keeper = centre.keeper()

    def issued(after_s: int) -> int:
        clock.utc_us += after_s * 1_000_000
        before = count(centre)
        keeper.tick()
        return count(centre) - before

    assert (issued(0), issued(1)) == (1, 0)
    send(centre, box, 1)
    assert (issued(30), issued(30), issued(61)) == (0, 1, 0)
    assert (issued(DAY_S), issued(60)) == (1, 0)
    send(centre, box, 1)
    keeper = centre.keeper()
    assert (issued(60), issued(0)) == (1, 0)


def count(centre: Centre) -> int:
    with centre.store.read() as tx:
        return tx._db.execute(text("SELECT count(*) FROM checkpoints")).scalar_one()


def test_a_keeper_that_dies_ends_what_runs_beside_it(centre: Centre, box: Box) -> None:
    ended = threading.Event()
    broken = Keeper(Broken(RuntimeError()), centre.store, centre.clock, 60, None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError), kept(broken, ended.set):
        assert ended.wait(60)


def test_a_damaged_tree_is_told_once_and_records_are_taken_all_the_same(centre: Centre, box: Box) -> None:
    for _ in range(2):
        ended = threading.Event()
        broken = Broken(TreeDamaged(size=3))
        with kept(Keeper(broken, centre.store, centre.clock, 60, None), ended.set):  # type: ignore[arg-type]
            assert broken.asked.wait(60)
            send(centre, box, 1)
            assert not ended.is_set()
    with centre.store.read() as tx:
        alarms = [one.record.body for one in tx.of_type("alarm") if one.record.device == "centre"]
    assert [alarm["code"] for alarm in alarms] == ["tree.damaged"]


class Broken:
    """A tree that cannot be signed."""

    def __init__(self, error: Exception) -> None:
        self.error, self.asked = error, threading.Event()

    def issue(self, _now_s: int) -> None:
        self.asked.set()
        raise self.error


@pytest.mark.parametrize("harm", [
    "UPDATE tiles SET hashes = :zeros WHERE level = 0",
    "DELETE FROM tiles", "UPDATE tiles SET hashes = substr(hashes, 1, 32)",
], ids=["changed", "gone", "cut"])
def test_nothing_is_signed_over_a_damaged_tree(centre: Centre, box: Box, harm: str) -> None:
    first = centre.tree().issue(NOW_S)
    with centre.store.write() as tx:
        tx._db.execute(text(harm), {"zeros": bytes(len(tx.tile(0, 0)))})
        tx._db.execute(text("DELETE FROM records WHERE leaf = 4"))
    with pytest.raises(TreeDamaged, match=f"size {first.checkpoint.size}"):
        centre.tree().issue(NOW_S + 60)
    assert count(centre) == 1


def test_a_database_of_the_first_schema_gets_its_tree(tmp_path: Path) -> None:
    path = tmp_path / "zaitang.db"
    old = sqlite3.connect(path)
    old.executescript(SCHEMA_1.read_text("utf-8"))
    old.close()
    engine = open_engine(path)
    with reading(engine) as connection:
        tx = Tx(connection)
        assert (tx.meta("schema"), tx.leaves(), tx.tree_size()) == (str(SCHEMA_VERSION), 6, 0)
        assert [head.up_to for head in tx.heads()] == [3, 1]
        indexes = {one["name"] for table in ("records", "names") for one in inspect(connection).get_indexes(table)}
        assert {"records_class_type", "names_person"} <= indexes
    tree = Tree(FromEngine(engine), log_key("o", WITNESS.public_key()), KeySigner(WITNESS))  # type: ignore[arg-type]
    assert tree.issue(NOW_S).checkpoint.size == 6
    engine.dispose()
    open_engine(path).dispose()


def test_a_database_of_the_second_schema_gets_accounts(tmp_path: Path) -> None:
    path = tmp_path / "zaitang.db"
    old = sqlite3.connect(path)
    old.executescript(SCHEMA_2.read_text("utf-8"))
    old.close()
    engine = open_engine(path)
    with writing(engine) as connection:
        tx = Tx(connection)
        assert (tx.meta("schema"), tx.count_accounts(), tx.audited()) == (str(SCHEMA_VERSION), 0, [])
        assert (tx.surveys(), tx.visit("x")) == ([], None)
        assert tx.leaves() == 6 and tx.checkpoint() is not None
        tx.put_account(Kept("li", "administrator", None))
    with reading(engine) as connection:
        assert Tx(connection).account("li") == Kept("li", "administrator", None)
    engine.dispose()


def test_a_database_of_the_second_schema_knows_orders_to_boxes_and_whose_messages_it_refused(
    tmp_path: Path, centre: Centre, box: Box
) -> None:
    send(centre, box, 1)
    order_settings(centre.store, "box-1", BoxSettings(lang="en"), 7, NOW_S * SECOND)
    with centre.store.read() as tx:
        sealed = tx.of_type("order.box")[0]
    path = tmp_path / "zaitang.db"
    old = sqlite3.connect(path)
    old.executescript(SCHEMA_2.read_text("utf-8"))
    old.execute("INSERT INTO records VALUES (99, 'centre', 'x', 9, ?, 'p', 'order.box', NULL, ?)",
                (sealed.hash, sealed.envelope))
    old.execute("INSERT INTO segments VALUES ('box-1', 'x', 1, ?, 9, 1)", ("ab" * 32,))
    old.executemany("INSERT INTO quarantine VALUES (?, ?, 'BadSeal', 'x', 1, 1, x'00')", [
        ("a", "zaitang/v1/box-1/records"), ("b", "zaitang/v1/box-1/heartbeats"), ("c", "zaitang/v1/box-9/records")])
    old.commit()
    old.close()
    engine = open_engine(path)
    with writing(engine) as connection:
        tx = Tx(connection)
        assert (tx.refused_of_boxes(), tx.quarantine_size(), tx.let_go()) == ({"box-1": 2}, 3, 0)
        assert tx.orders_to("box-1") == [sealed] and tx.highest_number("box-1") == 1
        assert "quarantine_room" in {one["name"] for one in inspect(connection).get_indexes("quarantine")}
        assert tx.drop_quarantined("box-1", "BadSeal", 1) == 1 and tx.let_go("box-1") == 1
        assert tx.came(["ab" * 32]) == {}
        tx.mark_stored("ab" * 32, 7)
        assert tx.came(["ab" * 32, "cd" * 32]) == {"ab" * 32: 7}
    engine.dispose()


def test_a_database_of_a_later_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "zaitang.db"
    open_engine(path).dispose()
    changed = sqlite3.connect(path)
    changed.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    changed.commit()
    changed.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match="schema 99"):
        open_engine(path)
    assert path.read_bytes() == before


class FromEngine:
    """The part of a store that a tree uses."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def read(self) -> Iterator[Tx]:
        with reading(self._engine) as connection:
            yield Tx(connection)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        with writing(self._engine) as connection:
            yield Tx(connection)


# --- over HTTP


@pytest.fixture
def watched(centre: Centre, box: Box) -> Iterator[Centre]:
    """The same centre with a witness in its configuration."""
    config = centre.folder / "centre.toml"
    config.write_text(config.read_text("utf-8").replace("witnesses = []", f'witnesses = ["{EYE.text}"]'), "utf-8")
    opened = open_centre(centre.folder, centre.clock)
    yield opened
    opened.store.close()


@pytest.fixture
def client(watched: Centre) -> TestClient:
    return TestClient(create_app(watched), base_url="http://127.0.0.1")


def cosigned(note: Note, key: NoteKey = EYE, secret: object = WITNESS) -> bytes:
    return Note(note.text, (cosign(note.text, key, KeySigner(secret), NOW_S),)).bytes()  # type: ignore[arg-type]


def test_a_reader_checks_the_whole_tree_over_http(watched: Centre, box: Box, client: TestClient) -> None:
    tree = watched.tree()
    old = tree.issue(NOW_S).checkpoint
    send(watched, box, 300)
    new = tree.issue(NOW_S + 60).checkpoint
    key = read_key(client.get("/log/key").text.strip())
    assert open_checkpoint(client.get("/log/checkpoint").content, key).checkpoint == new
    tile = client.get("/log/tile/0/000")
    assert tile.content == b"".join(leaves(watched)[:256]) and "immutable" in tile.headers["cache-control"]
    edge = client.get(f"/log/tile/0/001.p/{new.size - 256}")
    assert edge.content == b"".join(leaves(watched)[256:])
    data, at, found = client.get(f"/log/records/001.p/{new.size - 256}").content, 0, []
    while at < len(data):
        length = int.from_bytes(data[at:at + 4], "big")
        found.append(leaf_hash(data[at + 4:at + 4 + length]))
        at += 4 + length
    assert found == leaves(watched)[256:]
    with watched.store.read() as tx:
        leaf = tx.leaf_of(*box.sealed[3].record.key)
    proof = read_inclusion(client.get(f"/log/inclusion?leaf={leaf}").content)
    check_inclusion(leaf_hash(box.sealed[3].envelope), proof.number, new.size, new.root, proof.hashes)
    growth = read_consistency(client.get(f"/log/consistency?old={old.size}").content)
    check_consistency(old.size, old.root, new.size, new.root, growth.hashes)
    assert open_checkpoint(client.get(f"/log/checkpoint?size={old.size}").content, key).checkpoint == old


ABSENT = (
    "checkpoint?size=3", "tile/0/001", "tile/0/000", "tile/9/000", "tile/0/0", "tile/%2e%2e/key", "tile/0/000.p/255",
    "records/000", "records/x", "inclusion?leaf=99", "inclusion?leaf=0&size=2", "inclusion", "consistency?old=99",
    "consistency?old=-1", "consistency?old=9007199254740992",
)


def test_what_is_not_there_is_not_found(watched: Centre, client: TestClient) -> None:
    watched.tree().issue(NOW_S)
    for path in ABSENT:
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, set(answer.json())) == (404, {"error"}), path


def test_a_witness_cosigns_and_everybody_sees_it(watched: Centre, client: TestClient) -> None:
    stated = watched.tree().issue(NOW_S)
    for _ in range(2):
        assert client.post("/log/cosignatures", content=cosigned(stated.note)).text == f"{EYE.name}\n"
    seen = open_checkpoint(client.get("/log/checkpoint").content, watched.tree().key)
    assert [one.name for one in seen.note.signatures] == [watched.tree().key.name] * 2 + [EYE.name]


def test_a_forged_cosignature_or_one_of_a_stranger_is_refused(watched: Centre, client: TestClient) -> None:
    stated = watched.tree().issue(NOW_S)
    stranger = NoteKey("witness.example/w2", COSIGNED, EYE.public)
    other = sign_checkpoint(
        Checkpoint(stated.checkpoint.origin, stated.checkpoint.size, bytes(32)), watched.tree().key,
        watched.keys.signer, NOW_S)
    unsigned = Checkpoint(stated.checkpoint.origin, 3, bytes(32)).text
    for status, data in (
        (422, cosigned(stated.note).replace(b"\n\n", b"0\n\n", 1)), (422, b"x"), (422, b"a" * 70_000),
        (422, cosigned(stated.note, secret=STRANGER)), (403, cosigned(stated.note, stranger)),
        (409, cosigned(other)), (404, cosigned(Note(unsigned, ()))),
    ):
        assert client.post("/log/cosignatures", content=data).status_code == status
    with watched.store.read() as tx:
        assert tx.cosignatures(stated.checkpoint.size) == []


def test_another_site_may_not_send_cosignatures(watched: Centre, client: TestClient) -> None:
    data = cosigned(watched.tree().issue(NOW_S).note)
    answer = client.post("/log/cosignatures", content=data, headers={"origin": "http://elsewhere.example"})
    assert answer.status_code == 403


def test_a_witness_key_that_is_none_is_named(tmp_path: Path) -> None:
    plain = NoteKey("w", 1, EYE.public).text
    for texts, why in (([EYE.text, EYE.text], "another witness"), ([plain], "no cosigner"), (["x"], r"NAME\+ID")):
        with pytest.raises(BadWitness, match=why):
            witness_keys(texts, tmp_path / "centre.toml")


# --- stamps and commands


def test_the_day_s_checkpoint_is_stamped_once_and_a_failure_is_tried_again(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    asked: list[bytes] = []

    def stamp(data: bytes) -> bytes:
        asked.append(data)
        if len(asked) == 1:
            raise NoStamp(url="http://tsa.example", why="it did not answer")
        return b"token"

    keeper = Keeper(centre.tree(), centre.store, clock, 60, stamp)
    for after_s in (0, 1, 600, 60):
        clock.utc_us += after_s * 1_000_000
        keeper.tick()
    assert len(asked) == 2
    with centre.store.read() as tx:
        kept_one = tx.stamped()
        assert kept_one is not None and tx.token(kept_one.size) == b"token"
    assert asked[1].decode() == centre.tree().stated(kept_one).checkpoint.text
    send(centre, box, 1)
    clock.utc_us += DAY_S * 1_000_000
    keeper.tick()
    assert len(asked) == 3


def test_a_clock_that_was_a_year_ahead_holds_up_no_stamp(centre: Centre, box: Box, clock: FixedClock) -> None:
    asked: list[bytes] = []

    def stamp(data: bytes) -> bytes:
        asked.append(data)
        return b"token"

    keeper, right = Keeper(centre.tree(), centre.store, clock, 60, stamp), clock.utc_us
    for days, tokens in ((0, 1), (365, 2), (0, 2), (0, 3), (0, 3), (1, 4), (2, 5)):
        clock.utc_us = right + days * DAY_S * 1_000_000
        send(centre, box, 1)
        keeper.tick()
        assert len(asked) == tokens
        if (days, tokens) == (0, 2):  # it signs nothing by a clock that went back, until somebody says which was wrong
            trust_clock(centre.store, clock.stamp())


def test_the_commands_write_the_tree_and_take_a_witness_s_word(
    watched: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    folder = ["--centre", str(watched.folder)]
    assert main(["--lang", "en", "tree", "key", *folder]) == 0
    assert capsys.readouterr().out.strip() == watched.tree().key.text
    assert main(["--lang", "en", "tree", "write", "--to", str(tmp_path / "out"), *folder]) == 0
    stated = open_checkpoint((tmp_path / "out" / "checkpoint").read_bytes(), watched.tree().key)
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"checkpoint", f"tile/0/000.p/{stated.checkpoint.size}"}
    (tmp_path / "said").write_bytes(cosigned(stated.note))
    assert main(["--lang", "en", "tree", "cosigned", str(tmp_path / "said"), *folder]) == 0
    assert EYE.name in capsys.readouterr().out
    assert main(["--lang", "en", "tree", "checkpoint", *folder]) == 0
    assert capsys.readouterr().out.startswith("zaitang/")
    assert main(["--lang", "en", "tree", "cosigned", str(tmp_path / "none"), *folder]) == 2


def test_two_trees_of_one_size_are_told_apart(watched: Centre) -> None:
    """Equivocation: the same key signed another tree of that size; a witness that saw it says so to the centre."""
    stated = watched.tree().issue(NOW_S)
    other = Checkpoint(stated.checkpoint.origin, stated.checkpoint.size, bytes(32))
    signed = sign_checkpoint(other, watched.tree().key, watched.keys.signer, NOW_S)
    with pytest.raises(OtherTree):
        take_cosignatures(watched.store, watched.witnesses, cosigned(signed))
