"""A PostgreSQL database keeps what SQLite promises, whoever else writes, and whatever becomes of its server."""
from __future__ import annotations

import random
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect, text

from central import cli
from central.errors import DatabaseUnusable, TwoDatabases
from central.ingest.collector import Message
from central.ingest.dropped import Dropped
from central.store import engine as engine_module
from central.store import postgres as settings
from central.store.address import address_of
from central.store.engine import open_engine, reading, try_open, writing
from central.store.errors import DatabaseNotUtf8, DatabaseUnsafe, OtherDatabase
from central.store.schema import SCHEMA_VERSION, accounts, audit, metadata, sessions, tiles
from central.store.tables import Tx
from central.wiring import Centre, init_centre, open_centre
from evidence.bodies import Alarm, Genesis, SessionStart
from evidence.canonical import canonical
from evidence.certs import split_chain
from evidence.chain import next_record
from evidence.heartbeats import HEARTBEAT_TYPE, heartbeat_of
from evidence.receipts import read_receipt
from evidence.records import Stamp
from evidence.seal import seal, seal_record
from evidence.shape import encode
from tests.central.helpers import MORNING, REAL, Box, FixedClock
from tests.postgres import Server


@pytest.fixture
def database(postgres: Server) -> str:
    return postgres.empty()


@pytest.fixture
def site(tmp_path: Path, database: str) -> Iterator[Centre]:
    """A centre with its database in PostgreSQL."""
    opened = init_centre(tmp_path / "centre", test_keys=True, clock=FixedClock(), database=database)
    yield opened
    opened.store.close()


def filled(centre: Centre, device: str = "box-1", records: int = 5) -> Box:
    box = Box(centre, device, chain=random.Random(device).randbytes(16).hex())
    box.genesis()
    for number in range(records - 1):
        box.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)
    return box


def all_at_once(jobs: Sequence[Callable[[], object]]) -> list[object]:
    """Begin them together, each in a thread with connections of its own; what they return."""
    together = threading.Barrier(len(jobs))

    def one(job: Callable[[], object]) -> object:
        together.wait(30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [running.result(60) for running in [pool.submit(one, job) for job in jobs]]


# --- several at once


def test_processes_that_open_a_new_database_at_once_make_one(tmp_path: Path, database: str) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    (tmp_path / "centre" / "zaitang.db").unlink()
    config = tmp_path / "centre" / "centre.toml"
    config.write_text(config.read_text().replace('database = ""', f'database = "{database}"'))
    opened = all_at_once([lambda: open_centre(tmp_path / "centre")] * 5)
    chains = set()
    for centre in opened:
        assert isinstance(centre, Centre)
        chains.add(centre.store.chain)
        with centre.store.read() as tx:
            assert tx.leaves() == 1 and [head.up_to for head in tx.heads()] == [0]
        centre.store.close()
    assert len(chains) == 1


def test_one_writes_at_a_time_and_what_it_read_stays_true(site: Centre) -> None:
    def count() -> None:
        for _ in range(15):
            with site.store.write() as tx:
                tx.set_meta("count", str(int(tx.meta("count") or 0) + 1))

    all_at_once([count] * 4)
    with site.store.read() as tx:
        assert tx.meta("count") == "60"


@pytest.mark.long
def test_two_collectors_keep_each_record_once_and_give_the_same_receipts(site: Centre, tmp_path: Path) -> None:
    shutil.copytree(site.folder, tmp_path / "second")
    second = open_centre(tmp_path / "second", site.clock)
    boxes = [filled(site, f"box-{n}", 30) for n in range(3)]
    body = encode(SessionStart("welder-1", "s-other", "page"))
    other = next_record(boxes[0].sealed[6], device="box-0", chain=boxes[0].chain, type="session.start", body=body,
                        stamp=Stamp("b0", 1, MORNING, REAL))
    forged = Message("box-0", seal_record(other, boxes[0].signer).envelope)

    def takes(centre: Centre, seed: int) -> Callable[[], object]:
        def take() -> list[bytes]:
            collector, messages = centre.collector(), [m for box in boxes for m in box.messages()]
            random.Random(seed).shuffle(messages)
            given = [one for at in range(0, len(messages), 7) for one in collector.take(messages[at : at + 7])]
            collector.take([forged])
            return [one.envelope for one in given + collector.take(messages)]
        return take

    try:
        given = all_at_once([takes(centre, seed) for seed, centre in enumerate([site, second] * 2)])
    finally:
        second.store.close()
    with site.store.read() as tx:
        for box in boxes:
            assert tx.chain_envelopes(box.device, box.chain, 99) == [sealed.envelope for sealed in box.sealed]
        leaves = [tx.leaf_of(box.device, box.chain, seq) for box in boxes for seq in range(30)]
        assert len(set(leaves)) == 90 and tx.leaves() == 1 + 3 + 90 + 1, "genesis, boxes, records, an alarm"
        assert [sealed.record.body["code"] for sealed in tx.of_type("alarm")] == ["chain.fork"]
        own = tx.head("centre", site.store.chain)
        assert own is not None and own.up_to == 4
    receipts = {one for each in given for one in each}  # type: ignore[attr-defined]
    read = [read_receipt(one, site.keys.public_key, "test") for one in receipts]
    assert len({(one.chain, one.up_to) for one in read}) == len(receipts), "one word for one place"
    assert {one.chain for one in read if one.up_to == 29} == {box.chain for box in boxes}


def test_two_grow_one_tree(site: Centre, tmp_path: Path) -> None:
    shutil.copytree(site.folder, tmp_path / "second")
    second = open_centre(tmp_path / "second", site.clock)
    try:
        site.collector().take(filled(site, records=40).messages())
        sizes = [one.checkpoint for one in all_at_once(  # type: ignore[attr-defined]
            [lambda centre=centre: centre.tree().issue(1) for centre in (site, second, site, second)])]
    finally:
        second.store.close()
    assert {one.size for one in sizes} == {42} and len({one.root for one in sizes}) == 1


def test_two_that_count_what_the_broker_dropped_tell_it_once(site: Centre) -> None:
    each = [Dropped(site.store) for _ in range(4)]
    for one in each:
        one.hear(b"7")
    all_at_once([one.tell for one in each])
    with site.store.read() as tx:
        assert [sealed.record.body["params"] for sealed in tx.of_type("alarm")] == [{"messages": 7}]


def test_two_that_miss_a_box_tell_it_once(site: Centre) -> None:
    clock = site.clock
    assert isinstance(clock, FixedClock)
    collectors = [site.collector() for _ in range(3)]
    collectors[0].take(filled(site).messages())
    for one in collectors:
        one.pulse.listen()
    clock.utc_us += 11 * 60_000_000
    all_at_once([lambda one=one: one.pulse.tell_silent(10) for one in collectors])
    with site.store.read() as tx:
        assert [sealed.record.body["code"] for sealed in tx.of_type("alarm")] == ["box.silent"]


def test_a_hole_that_another_collector_filled_is_not_asked_for(site: Centre) -> None:
    clock, box = site.clock, filled(site)
    assert isinstance(clock, FixedClock)
    one, other, messages = site.collector(), site.collector(), box.messages()
    one.take([*messages[:2], *messages[3:]])
    other.take(messages)
    clock.utc_us += 60_000_000
    assert one.gaps() == [] and one.gaps() == []


def test_a_reader_sees_one_state_and_writes_nothing(site: Centre) -> None:
    with site.store.read() as tx:
        before = tx.leaves()
        with site.store.write() as other:
            site.store.append(other, Alarm("a", {}))
        assert tx.leaves() == before
    with site.store.read() as tx:
        assert tx.leaves() == before + 1
    with pytest.raises(DatabaseUnusable), site.store.read() as tx:
        tx.set_meta("a", "b")


# --- servers that are busy, gone, or set up for something else


def test_a_writer_that_takes_too_long_is_an_error_of_our_own_for_the_next(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.SESSION, "lock_timeout", "100ms")
    centre = init_centre(tmp_path / "centre", test_keys=True, database=database)
    with centre.store.write() as tx:
        with pytest.raises(DatabaseUnusable, match="lock timeout"), centre.store.write():
            pass
        tx.set_meta("a", "b")
    with centre.store.write() as tx:
        assert tx.meta("a") == "b"
    centre.store.close()


@pytest.mark.long
def test_a_writer_that_stands_still_is_ended_and_kept_nothing(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a machine that is gone while it holds the lock."""
    monkeypatch.setattr(settings, "DEAD_S", 1)
    centre = init_centre(tmp_path / "centre", test_keys=True, database=database)
    with pytest.raises(DatabaseUnusable), centre.store.write() as tx:
        tx.set_meta("a", "b")
        with centre.store.write() as other:  # waits until the first is ended
            assert other.meta("a") is None
        tx.set_meta("a", "c")
    with centre.store.read() as tx:
        assert tx.meta("a") is None
    centre.store.close()


@pytest.mark.long
def test_a_server_that_dies_in_a_transaction_kept_nothing_and_is_found_again(site: Centre, postgres: Server) -> None:
    box = filled(site)
    collector = site.collector()
    collector.take(box.messages()[:3])
    with pytest.raises(DatabaseUnusable), site.store.write() as tx:
        site.store.append(tx, Alarm("a", {}))
        postgres.kill()
        tx.leaves()
    try:
        with pytest.raises(DatabaseUnusable):
            collector.take(box.messages())
        with pytest.raises(DatabaseUnusable), site.store.read():
            pass
    finally:
        postgres.start()
    (given,) = collector.take(box.messages())
    assert read_receipt(given.envelope, site.keys.public_key, "test").up_to == 4
    with site.store.read() as tx:
        assert tx.of_type("alarm") == []


@pytest.mark.long
def test_a_server_that_was_started_anew_is_no_error(site: Centre, postgres: Server) -> None:
    postgres.stop()
    postgres.start()
    with site.store.write() as tx:
        tx.set_meta("a", "b")


def test_a_server_that_is_not_there_is_one_sentence_and_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"postgresql://zaitang@127.0.0.1:1/no: ") as caught:
        init_centre(tmp_path / "centre", test_keys=True, database="postgresql://zaitang@127.0.0.1:1/no")
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_commit_waits_for_the_disk_whatever_the_server_says(postgres: Server, tmp_path: Path) -> None:
    database = postgres.database()
    name = database.rpartition("/")[2]
    with postgres.session() as session:
        session.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        session.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    centre = init_centre(tmp_path / "centre", test_keys=True, database=database)
    with centre.store.write() as tx:
        said = [tx._db.execute(text(f"SHOW {one}")).scalar() for one in ("synchronous_commit", "transaction_isolation")]
    assert said == ["on", "read committed"]
    centre.store.close()


@pytest.mark.long
def test_a_server_that_would_lose_records_is_refused(postgres: Server, database: str) -> None:
    postgres.set("full_page_writes", "off")
    try:
        with pytest.raises(DatabaseUnsafe, match="full_page_writes"):
            open_engine(address_of(database))
    finally:
        postgres.set("full_page_writes", "on")
    open_engine(address_of(database)).dispose()


def test_a_database_without_chinese_is_refused(postgres: Server) -> None:
    database = postgres.database("ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(DatabaseNotUtf8, match="SQL_ASCII"):
        open_engine(address_of(database))
    with postgres.session(database) as session:
        assert session.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


@pytest.mark.long
def test_texts_are_sorted_by_their_bytes_as_in_sqlite(postgres: Server, tmp_path: Path) -> None:
    database = postgres.database("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
    names = ["a-c", "a.b", "a1", "ab", "a_d"]
    order = {}
    for where in ("", database):
        centre = init_centre(tmp_path / f"centre{len(where)}", test_keys=True, database=where)
        for name in names:
            centre.collector().take([Message(name, Box(centre, name).genesis().envelope)])
        with centre.store.read() as tx:
            order[where] = [head.device for head in tx.heads()]
        centre.store.close()
    assert order[""] == order[database] == sorted([*names, "centre"])


# --- what may be in it


def test_nothing_that_a_box_signs_is_refused_by_the_database(site: Centre) -> None:
    """A message that cannot be written would come again for ever."""
    box = Box(site)
    own, between = split_chain(box.certificate)
    said = Genesis(box.signer.keyid, own, box.root, "\0", "k\0" * 4000, between)
    genesis = box.append(said, MORNING)
    place = {"device": "box-1", "chain": box.chain, "stamp": Stamp("b0", 1, MORNING, REAL)}
    long_type = next_record(genesis, type="a" * 9000, body={}, **place)
    beat = encode(heartbeat_of(genesis, Stamp("b0", 2, MORNING, REAL), 0, {"k\0": -1}))
    messages = [Message("box-1", genesis.envelope), Message("box-1", seal_record(long_type, box.signer).envelope),
                Message("box-1", b"\0" * 99),
                Message("box-1", seal(canonical(beat), HEARTBEAT_TYPE, box.signer), "heartbeats")]
    given = site.collector().take(messages)
    assert [read_receipt(one.envelope, site.keys.public_key, "test").up_to for one in given] == [1]
    with site.store.read() as tx:
        assert any("k\N{REPLACEMENT CHARACTER}" in reason for _, reason, _ in tx.quarantined())
        (head,) = tx.heads("box-1")
        assert head.sealing_key == "k\N{REPLACEMENT CHARACTER}" * 4000 and own in (head.certificate or "")
    assert site.collector().take([Message("box-1", genesis.envelope)]), "its certificate is still good"


def test_another_centres_database_is_left_alone(site: Centre, database: str, tmp_path: Path) -> None:
    with pytest.raises(OtherDatabase):
        init_centre(tmp_path / "other", test_keys=True, database=database)
    assert not (tmp_path / "other").exists()
    with site.store.read() as tx:
        assert tx.leaves() == 1


def test_a_file_of_sqlite_beside_it_is_not_overlooked(site: Centre) -> None:
    (site.folder / "zaitang.db").write_bytes(b"")
    with pytest.raises(TwoDatabases, match="database move"):
        open_centre(site.folder)


def test_a_password_comes_from_the_file_of_passwords_and_is_told_nowhere(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.session() as session:
        session.execute("CREATE ROLE secret LOGIN PASSWORD 'geheim'")
    name = postgres.database("OWNER secret").rpartition("/")[2]
    database = f"postgresql://secret@127.0.0.1:{postgres.port}/{name}"
    passwords = tmp_path / "pgpass"
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    for written, said in (("", "no password supplied"), ("*:*:*:*:falsch\n", "authentication failed")):
        passwords.write_text(written)
        passwords.chmod(0o600)
        with pytest.raises(DatabaseUnusable, match=said) as caught:
            init_centre(tmp_path / "centre", test_keys=True, database=database)
        assert "falsch" not in str(caught.value)
    passwords.write_text("*:*:*:*:geheim\n")
    centre = init_centre(tmp_path / "centre", test_keys=True, database=database)
    assert "geheim" not in repr(centre)
    centre.store.close()
    assert not any(b"geheim" in path.read_bytes() for path in centre.folder.rglob("*") if path.is_file())


@pytest.mark.long
def test_another_machine_is_reached_by_tls_that_checks_its_name(postgres: Server, tmp_path: Path) -> None:
    """127.0.0.2 stands for it."""
    name, right, wrong = postgres.database().rpartition("/")[2], tmp_path / "right.pem", tmp_path / "wrong.pem"
    for path, host in ((right, "127.0.0.2"), (wrong, "127.0.0.3")):
        new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-days", "9", "-subj", "/CN=db", "-addext", f"subjectAltName=IP:{host}")
        subprocess.run([*new, "-out", path, "-keyout", path.with_suffix(".key")], check=True, capture_output=True)

    def opens(trusts: Path) -> None:
        open_engine(address_of(f"postgresql://zaitang@127.0.0.2:{postgres.port}/{name}?sslrootcert={trusts}")).dispose()

    with pytest.raises(DatabaseUnusable, match="does not support SSL"):
        opens(right)
    postgres.certified(wrong.read_text(), wrong.with_suffix(".key").read_text())
    with pytest.raises(DatabaseUnusable, match="does not match host name"):
        opens(wrong)
    postgres.certified(right.read_text(), right.with_suffix(".key").read_text())
    with pytest.raises(DatabaseUnusable, match="certificate verify failed"):
        opens(wrong)
    opens(right)


# --- versions


def test_an_older_version_becomes_this_one_or_stays_as_it_was(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of(database)
    assert address is not None
    open_engine(address).dispose()
    engine = open_engine(address)
    with writing(engine) as connection:
        for table in (tiles, accounts, sessions, audit):
            table.drop(connection)
        Tx(connection).set_meta("schema", "1")

    def fails(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE names ADD COLUMN half TEXT"))
        connection.execute(text("SELECT no_such_thing"))

    with monkeypatch.context() as broken:
        broken.setattr(engine_module, "STEPS", {1: fails})
        with pytest.raises(DatabaseUnusable, match="no_such_thing"):
            open_engine(address)
    with reading(engine) as connection:
        assert Tx(connection).meta("schema") == "1" and not inspect(connection).has_table("tiles")
        assert "half" not in [column["name"] for column in inspect(connection).get_columns("names")]
    for one in all_at_once([lambda: open_engine(address)] * 4):
        one.dispose()  # type: ignore[attr-defined]
    with reading(engine) as connection:
        tx = Tx(connection)
        assert (tx.meta("schema"), tx.tree_size(), tx.count_accounts()) == (str(SCHEMA_VERSION), 0, 0)
        assert set(inspect(connection).get_table_names()) == set(metadata.tables)
    engine.dispose()


def commits(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE names ADD COLUMN half TEXT"))
    connection.commit()


def says_commit(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE names ADD COLUMN half TEXT"))
    connection.execute(text("COMMIT"))


def is_cut(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE names ADD COLUMN half TEXT"))
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def lasts(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE names ADD COLUMN half TEXT"))
    connection.execute(text("SELECT pg_sleep(30)"))


@pytest.mark.parametrize(("step", "why"), [
    (None, ""), (commits, "foreign key"), (says_commit, "foreign key"), (is_cut, "terminating"),
    (lasts, "statement timeout"),
])
def test_a_release_that_tries_an_older_version_leaves_it_as_it_was(
    database: str, monkeypatch: pytest.MonkeyPatch, step: Callable[[Connection], None] | None, why: str,
) -> None:
    address = address_of(database)
    assert address is not None
    engine = open_engine(address)
    with writing(engine) as connection:
        tiles.drop(connection)
        Tx(connection).set_meta("schema", "2")
    before = _shape(engine)
    if step is None:
        try_open(address)
    else:
        monkeypatch.setattr(engine_module, "STEPS", {2: step})
        monkeypatch.setattr(settings, "TRIED_S", 1)
        with pytest.raises(DatabaseUnusable, match=why):
            try_open(address)
    assert _shape(engine) == before
    with reading(engine) as connection:
        assert Tx(connection).meta("schema") == "2"
    monkeypatch.undo()
    open_engine(address).dispose()  # nobody holds it up
    engine.dispose()


def _shape(engine: Engine) -> dict[str, list[str]]:
    """Every table of a database, with its columns."""
    with reading(engine) as connection:
        found = inspect(connection)
        return {name: [str(column["name"]) for column in found.get_columns(name)] for name in found.get_table_names()}


def test_an_update_asks_whether_it_would_open(
    tmp_path: Path, postgres: Server, database: str, capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--lang", "en", "schema", "--centre", str(tmp_path / "centre"), "--try"]
    init_centre(tmp_path / "centre", test_keys=True, database=database).store.close()
    assert cli.main(words) == 0
    assert "a transaction that was taken back" in capsys.readouterr().out
    with postgres.session(postgres.empty()) as session:  # in which nobody has made anything
        assert cli.main([*words, "--json"]) == 0 and '"database": null' in capsys.readouterr().out
        assert session.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_a_later_version_is_left_alone(database: str) -> None:
    address = address_of(database)
    assert address is not None
    engine = open_engine(address)
    with writing(engine) as connection:
        Tx(connection).set_meta("schema", "99")
    engine.dispose()
    with pytest.raises(DatabaseUnusable, match="schema 99"):
        open_engine(address)

