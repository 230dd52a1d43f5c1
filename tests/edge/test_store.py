"""The store: one chain for all threads and processes, an outbox that only receipts empty, faces that can be erased."""
from __future__ import annotations

import dataclasses
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidTag

from common.sheets import BadSheet, Name, seal_sheet
from edge import keys as box_keys
from edge.clock import SystemClock
from edge.config import BoxConfig
from edge.errors import BadKeys, BadStore, StoreBusy
from edge.keys import BoxKeys, load_keys, make_box_keys, self_certified
from edge.store import Store, database
from edge.store import store as store_module
from edge.wiring import open_store
from evidence.bodies import Alarm, SessionStart
from evidence.chain import check_chain
from evidence.errors import BadReceipt, BadRecord
from evidence.receipts import Receipt

CLASS = "c-1"


@pytest.fixture
def keys(tmp_path: Path) -> BoxKeys:
    return make_box_keys(tmp_path / "keys", self_certified("box-1", SystemClock().utc_us()))


def opened(folder: Path, keys: BoxKeys) -> Store:
    return open_store(folder, BoxConfig(device="box-1"), keys, SystemClock())


def alarm(code: str = "camera.silent") -> Alarm:
    return Alarm(code, {"camera": "room"})


def receipt(store: Store, number: int, **changes: object) -> Receipt:
    one = store.records(number - 1, 1)[0]
    good = Receipt(1, "centre", "box-1", one.record.chain, number, one.hash, number, one.record.utc)
    return dataclasses.replace(good, **changes)


def test_a_new_store_begins_with_a_genesis_and_its_chain_verifies(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    store.append("session.start", SessionStart(CLASS, "s-1", "page"))
    store.append_many([("alarm", alarm()), ("alarm", alarm())])
    again = opened(tmp_path, load_keys(tmp_path / "keys"))
    assert [one.record.type for one in again.records()] == ["genesis", "session.start", "alarm", "alarm"]
    assert again.head().hash == store.head().hash and again.head_seq() == store.head().record.seq == 3
    root = x509.load_pem_x509_certificate(keys.root.encode())
    checked = check_chain(again.records(), root, "box", [])
    assert checked.problems == () and checked.identity is not None and checked.identity.test
    assert again.records()[0].record.body["sealing_key"] == keys.sealing_key


def test_a_body_that_could_not_be_read_back_is_not_sealed(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    with pytest.raises(BadRecord):
        store.append("session.start", SessionStart("Not An Id", "s-1", "page"))
    with pytest.raises(BadRecord):
        store.append_many([("alarm", alarm()), ("alarm", Alarm("No Code", {}))])
    assert len(store.records()) == 1


def test_threads_and_processes_share_one_chain(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    script = (
        "import sys; from pathlib import Path; from edge.wiring import open_store; from edge.config import BoxConfig\n"
        "from edge.clock import SystemClock; from edge.keys import load_keys; from evidence.bodies import Alarm\n"
        "f = Path(sys.argv[1]); s = open_store(f, BoxConfig(device='box-1'), load_keys(f / 'keys'), SystemClock())\n"
        "[s.append('alarm', Alarm('a', {'n': n})) for n in range(40)]"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(2)]
    threads = [threading.Thread(target=lambda: [store.append("alarm", alarm()) for _ in range(40)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait() for child in children] == [0, 0]
    records = store.records()
    assert len(records) == 161
    assert check_chain(records, x509.load_pem_x509_certificate(keys.root.encode()), "box", []).problems == ()
    times = [one.record.mono_us for one in records]
    assert times == sorted(times)


def test_only_a_receipt_that_matches_the_chain_empties_the_outbox(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    store.append_many([("alarm", alarm()) for _ in range(4)])
    assert store.receipted_up_to() == -1
    for changes in ({"device": "box-2"}, {"chain": "0" * 32}, {"head_hash": "0" * 64}, {"up_to": 99}):
        with pytest.raises(BadReceipt):
            store.keep_receipt(b"x", receipt(store, 2, **changes))
    store.keep_receipt(b"two", receipt(store, 2))
    store.keep_receipt(b"one", receipt(store, 1))
    assert store.receipted_up_to() == 2 and store.receipts() == [b"one", b"two"]


def test_a_long_chain_is_decoded_a_few_records_at_a_time(
    tmp_path: Path, keys: BoxKeys, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand roll calls of a full class would take a hundred megabytes, which the process then keeps."""
    store = opened(tmp_path, keys)
    store.append_many([("alarm", alarm())] * 120)
    decoded: list[bytes] = []
    real = store_module.read_sealed
    monkeypatch.setattr(store_module, "read_sealed", lambda envelope: decoded.append(envelope) or real(envelope))
    for chain in (store.each(), store.each("alarm")):
        decoded.clear()
        next(chain)
        assert len(decoded) <= 25
        assert len(list(chain)) >= 119


def test_orders_and_uploads_are_remembered(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    order = store.append("alarm", alarm())
    assert store.put_order(order) and not store.put_order(order)
    assert [one.hash for one in store.orders()] == [order.hash]
    assert not store.uploaded("a" * 64)
    store.mark_uploaded("a" * 64)
    assert opened(tmp_path, keys).uploaded("a" * 64) and store.kept_there("a" * 64)
    store.mark_uploaded("b" * 64, kept=False)
    store.mark_uploaded("b" * 64, kept=False)
    assert opened(tmp_path, keys).uploaded("b" * 64) and not opened(tmp_path, keys).kept_there("b" * 64)
    store.mark_uploaded("b" * 64)
    assert opened(tmp_path, keys).kept_there("b" * 64) and not store.kept_there("c" * 64)


def test_names_and_faces_are_encrypted_and_erased_for_good(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    names = {"p-1": Name("王小明", "0" * 32), "p-2": Name("李华", "1" * 32)}
    store.put_names(CLASS, seal_sheet(names, keys.sealing_key, CLASS))
    with pytest.raises(BadSheet):
        store.put_names("c-2", seal_sheet(names, keys.sealing_key, CLASS))
    assert store.names(CLASS) == {"p-1": "王小明", "p-2": "李华"} and store.names("c-2") == {}
    faces = np.arange(256, dtype=np.float32).reshape(2, 128)
    store.put_templates(CLASS, "lab", {"p-1": faces, "p-2": faces + 1})
    assert np.array_equal(store.templates(CLASS, "lab")["p-1"], faces)
    before = _bytes(tmp_path)
    assert "王小明".encode() not in before and faces.tobytes()[:64] not in before
    sealed = store._db.rows("SELECT vectors FROM templates WHERE person = 'p-1'")[0][0]
    store.ask_erasure(CLASS, ["p-1"], "over", names=True)
    (asked,) = store.erasures()
    assert list(store.templates(CLASS, "lab")) == ["p-2"]
    store.erase(asked)
    store.erase(asked)
    assert store.sweep() and store.erasures()[0].templates == 2
    store.finish_erasure(store.erasures()[0])
    store.finish_erasure(dataclasses.replace(asked, templates=9))
    assert [one.record.body["templates"] for one in store.records_of("face.erased")] == [2]
    assert list(store.templates(CLASS, "lab")) == ["p-2"] and store.names(CLASS) == {"p-2": "李华"}
    assert sealed[-100:] in before and sealed[-100:] not in _bytes(tmp_path)


def test_templates_and_the_records_about_them_are_kept_together_or_not_at_all(tmp_path: Path, keys: BoxKeys) -> None:
    store = opened(tmp_path, keys)
    faces = {"p-1": np.ones((1, 4), np.float32)}
    with pytest.raises(BadRecord):
        store.put_templates(CLASS, "lab", faces, [("alarm", alarm()), ("alarm", Alarm("No Code", {}))])
    assert store.templates(CLASS, "lab") == {} and len(store.records()) == 1
    store.put_templates(CLASS, "lab", faces, [("alarm", alarm())])
    assert list(store.templates(CLASS, "lab")) == ["p-1"] and len(store.records()) == 2


def test_an_erasure_that_leaves_traces_in_the_log_says_so(
    tmp_path: Path, keys: BoxKeys, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    store, reader = opened(tmp_path, keys), sqlite3.connect(tmp_path / "zaitang.db", isolation_level=None)
    store.put_templates(CLASS, "lab", {"p-1": np.ones((1, 128), np.float32)})
    sealed = store._db.rows("SELECT vectors FROM templates")[0][0][-100:]
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM templates").fetchall()
    store.ask_erasure(CLASS, ["p-1"], "over")
    store.erase(store.erasures()[0])
    assert not store.sweep() and sealed in _bytes(tmp_path)
    reader.execute("COMMIT")
    assert store.sweep() and sealed not in _bytes(tmp_path)
    reader.close()


def test_a_locked_database_says_so_and_is_free_again_afterwards(
    tmp_path: Path, keys: BoxKeys, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    store, other = opened(tmp_path, keys), opened(tmp_path, keys)
    with other._db.transaction(), pytest.raises(StoreBusy):
        store.append("alarm", alarm())
    assert store.append("alarm", alarm()).record.seq == 1


def test_a_store_of_another_box_and_a_broken_file_are_refused(tmp_path: Path, keys: BoxKeys) -> None:
    opened(tmp_path, keys).close()
    other = make_box_keys(tmp_path / "other", self_certified("box-1", 0))
    with pytest.raises(BadStore, match="other keys"):
        opened(tmp_path, other)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "zaitang.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BadStore):
        opened(tmp_path / "broken", keys)


def test_keys_are_private_made_once_and_belong_together(tmp_path: Path, keys: BoxKeys) -> None:
    folder = tmp_path / "keys"
    assert load_keys(folder).sealing_key == keys.sealing_key
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    with pytest.raises(BadKeys):
        make_box_keys(folder, self_certified("box-1", 0))
    (folder / "device.pem").chmod(0o644)
    with pytest.raises(BadKeys, match="other users"):
        load_keys(folder)
    (folder / "device.pem").chmod(0o600)
    (folder / "device.crt").write_text(make_box_keys(tmp_path / "k2", self_certified("box-1", 0)).certificate)
    with pytest.raises(BadKeys, match="another key"):
        load_keys(folder)
    (folder / "data.key").unlink()
    with pytest.raises(BadKeys, match=r"data\.key"):
        load_keys(folder)


def test_what_is_encrypted_opens_only_with_its_label() -> None:
    sealed = box_keys.encrypt(b"k" * 32, b"face", "c/p/pack")
    assert box_keys.decrypt(b"k" * 32, sealed, "c/p/pack") == b"face"
    with pytest.raises(InvalidTag):
        box_keys.decrypt(b"k" * 32, sealed, "c/q/pack")


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("zaitang.db*")))


def test_the_head_and_its_moment_lie_before_everything_that_is_appended_later(tmp_path: Path, keys: BoxKeys) -> None:
    """Another thread appends all the time: a heartbeat must never seem to come after records that it does not know."""
    store, stop = opened(tmp_path, keys), threading.Event()

    def append() -> None:
        while not stop.is_set():
            store.append("alarm", alarm())

    thread = threading.Thread(target=append)
    thread.start()
    seen = [store.head_now() for _ in range(100)]
    stop.set()
    thread.join()
    times = [sealed.record.mono_us for sealed in store.records()]
    for head, stamp in seen:
        assert all(time <= stamp.mono_us for time in times[: head.record.seq + 1])
        assert all(time >= stamp.mono_us for time in times[head.record.seq + 1 :])
    assert len(times) > 1
