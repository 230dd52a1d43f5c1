"""A box that was set back to a backup: its records arrive again once it begins a new chain, and none is lost."""
from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.devices.issue import issue
from central.ingest.collector import Message
from central.orders.boxes import answers, box_order_messages, order_settings, orders
from central.web.boxes import BoxView, box_views
from central.wiring import Centre, init_centre
from edge import cli
from edge.box_orders import in_force
from edge.child import only_one
from edge.enrol.consents import consents
from edge.keys import make_box_keys
from edge.recorder.recover import Known
from edge.storage.shelf import Shelf
from edge.sync.alarms import Alarms
from edge.sync.cli import PAST, lines
from edge.sync.inbox import Inbox
from edge.sync.process import make_inbox
from edge.sync.pulse import Pulse
from edge.sync.uploader import Uploader
from edge.wiring import DATABASE, Box, open_box
from evidence.bodies import ChainBegun, Consent, ConsentWithdrawn, SegmentRemoved, SessionStart, body_of
from evidence.box_orders import BoxSettings
from evidence.certs import pem
from evidence.gaps import Gap, seal_gap
from evidence.receipts import peek_receipt
from evidence.seal import KeySigner
from tests.central.helpers import MORNING, segment_of
from verify.cli import main as verify

TOML = 'device = "box-1"\npolicy = "demo"\n[sync]\nbroker = "127.0.0.1"\n'
REASON = "its card was set back to Monday"
FILM = b"a film"


class Road:
    """A centre and a box, and what carries records to the one and receipts to the other."""

    def __init__(self, folder: Path) -> None:
        self.centre: Centre = init_centre(folder / "centre", test_keys=True)
        self.collector = self.centre.collector()
        self.folder = folder / "box"
        self.folder.mkdir()
        (self.folder / "box.toml").write_text(TOML)
        keys = self.folder / "keys"
        make_box_keys(keys, lambda key: (issue(self.centre, "box-1", key), pem(self.centre.keys.root)))
        (keys / "centre.crt").write_text(self.centre.keys.certificate)
        self.open()

    def open(self) -> None:
        self.box: Box = open_box(self.folder)
        self.inbox: Inbox = make_inbox(self.box, "centre")

    def record(self, *sessions: str) -> None:
        self.box.store.append_many([("session.start", SessionStart("welder-1", one, "page")) for one in sessions])

    def send(self) -> bool:
        """Carry everything; whether everything has a receipt then."""
        store = self.box.store
        messages = [Message("box-1", one.envelope) for one in store.records(store.receipted_up_to())]
        for said in self.collector.take(messages):
            if said.topic == "receipts":
                self.inbox.receipt(said.envelope)
        return store.receipted_up_to() == store.head_seq()

    def order(self) -> None:
        """Carry the orders to the box that wait for it, and its answers."""
        with self.centre.store.read() as tx:
            waiting = box_order_messages(tx, self.centre.keys.certificate, set(), self.box.clock.utc_us())
        for message in waiting.values():
            self.inbox.box_orders(message.payload)
        assert self.send()

    def restore(self, backup: Path) -> None:
        self.box.store.close()
        for path in self.folder.glob(f"{DATABASE}*"):
            path.unlink()
        shutil.copy(backup, self.folder / DATABASE)
        self.open()

    def new_chain(self, reason: str = REASON) -> int:
        self.box.store.close()
        status = cli.main(["--lang", "en", "new-chain", "--box", str(self.folder), "--reason", reason])
        self.open()
        return status

    def beat(self) -> None:
        """Say where the chain ends, without sending it."""
        beat = Pulse(self.box.store, KeySigner(self.box.keys.device), {}, 60).beat(-1, 0.0)
        assert beat is not None
        self.collector.take([Message("box-1", beat, "heartbeats")])

    def left(self) -> list[tuple[object, object, object]]:
        """The chains that were ended before all of them came: which, their last record, up to where they are here."""
        with self.centre.store.read() as tx:
            told = [one.record.body for one in tx.of_type("alarm")]
        return [(one["params"]["before"], one["params"]["last"], one["params"]["have"]) for one in told
                if one["code"] == "chain.left"]

    def listed(self, lang: str = "en") -> list[BoxView]:
        """What the list of boxes says, the earlier chain first."""
        with self.centre.store.read() as tx:
            return box_views(tx, "centre", self.centre.clock.stamp().utc_us, lang)

    def told(self) -> list[str]:
        with self.centre.store.read() as tx:
            return [str(one.record.body["code"]) for one in tx.of_type("alarm") if one.record.device == "centre"]


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    road = Road(tmp_path)
    yield road
    road.box.store.close()
    road.centre.store.close()


@pytest.fixture
def restored(road: Road, tmp_path: Path) -> Road:
    """The centre has records that the box does not know any more, and the box others under their numbers."""
    store = road.box.store
    consent = [("consent", Consent("welder-1", one, True, "ab" * 32, "zh", None, "paper")) for one in ("p-1", "p-2")]
    store.append_many([("segment", segment_of(FILM, MORNING, 60)), *consent])
    assert road.send()
    store.close()
    shutil.copy(road.folder / DATABASE, tmp_path / "backup.db")
    road.open()
    road.record("lost-1", "lost-2")
    assert road.send()
    road.restore(tmp_path / "backup.db")
    road.record("a", "b", "c")
    return road


def test_records_arrive_again_after_a_restored_backup(restored: Road, capsys: pytest.CaptureFixture[str]) -> None:
    road, chain = restored, restored.box.store.chain
    for _ in range(3):
        assert not road.send(), "the centre holds other records under these numbers"
    assert "chain.fork" in road.told()
    old, head = [one.envelope for one in road.box.store.records()], road.box.store.head()
    assert head.record.body["code"] == "receipt.refused", "the centre's word is about records that the box lost"
    assert road.new_chain() == 0
    said = capsys.readouterr().out
    assert f"{chain}, 8 records" in said and "4 of them have no receipt of the centre (from record 4 on)" in said
    store, alarms = road.box.store, road.told()
    assert [one.record.type for one in store.records()] == ["genesis", "chain.begun"] and store.chain != chain
    assert body_of(store.head().record) == ChainBegun(chain, 7, head.hash, 3, REASON)
    assert [one.envelope for one in store.past()] == old, "every record of the chain before is still here"
    assert (PAST, {"chain": chain, "count": 8, "waiting": 4}) in lines(road.box)
    road.record("d")
    assert road.send() and store.receipted_up_to() == 2 and road.told() == [*alarms, "chain.left"]
    with road.centre.store.read() as tx:
        assert [head.chain for head in tx.heads("box-1")] == [chain, store.chain]
    assert verify([str(road.folder), "--root", str(road.folder / "keys" / "root.crt"), "--lang", "en"]) in (0, 1)
    out = capsys.readouterr().out
    assert "fork" not in out.lower() and "cut" not in out.lower()


def test_settings_that_were_taken_after_the_backup_hold_again_in_the_new_chain(road: Road, tmp_path: Path) -> None:
    """Or whoever sets a box back undoes what was ordered."""
    def order(settings: BoxSettings) -> None:
        order_settings(road.centre.store, "box-1", settings, 7, road.box.clock.utc_us())
        road.order()

    road.record("s-1")
    assert road.send()
    order(BoxSettings(lang="zh"))
    road.box.store.close()
    shutil.copy(road.folder / DATABASE, tmp_path / "backup.db")
    road.open()
    order(BoxSettings(lang="en", upload="asked"))
    road.restore(tmp_path / "backup.db")
    road.record("a", "b", "c")
    assert not road.send() and in_force(road.box.store).settings == BoxSettings(lang="zh")
    assert road.new_chain() == 0 and road.send()
    road.order()
    assert in_force(road.box.store).settings == BoxSettings(lang="en", upload="asked")
    with road.centre.store.read() as tx:
        assert [body.number for _, body in orders(tx)] == [1, 2, 3]
        assert {answer.number: answer.result for answer in answers(tx).values()} == dict.fromkeys((1, 2, 3), "accepted")


def test_nobody_makes_records_disappear_by_beginning_a_new_chain(road: Road) -> None:
    """Recorded off the line, and somebody does not like them."""
    road.record("s-1")
    assert road.send()
    road.record("bad-1", "bad-2", "bad-3")
    chain = road.box.store.chain
    assert road.new_chain("card replaced") == 0
    for _ in range(2):
        road.record("s-2")
        assert road.send()
    with road.centre.store.read() as tx:
        (told,) = [one.record.body for one in tx.of_type("alarm") if one.record.device == "centre"]
    params = told["params"]
    assert told["code"] == "chain.left" and (params["before"], params["last"], params["have"]) == (chain, 4, 1)


def test_a_chain_that_had_all_its_receipts_is_ended_without_an_alarm(road: Road) -> None:
    road.record("s-1")
    assert road.send() and road.new_chain() == 0
    road.record("s-2")
    assert road.send() and road.told() == []
    before, now = road.listed()
    assert (before.state, before.trouble) == (f"ended; the box goes on in chain {now.chain[:8]}…", False)
    assert (now.state, now.trouble) == ("in order", False)
    assert road.listed("zh")[0].state == f"已结束；终端盒改用新链 {now.chain[:8]}…"


def test_nobody_makes_records_disappear_by_setting_a_card_back_before(road: Road, tmp_path: Path) -> None:
    """A heartbeat had told how many there were."""
    road.record("s-1")
    assert road.send()
    road.box.store.close()
    shutil.copy(road.folder / DATABASE, tmp_path / "backup.db")
    road.open()
    chain = road.box.store.chain
    road.record("bad-1", "bad-2")
    road.beat()
    road.restore(tmp_path / "backup.db")
    assert road.new_chain("card replaced") == 0
    for _ in range(2):
        road.record("s-2")
        assert road.send()
    assert road.left() == [(chain, 3, 1)] and road.told() == ["chain.left"]
    before, now = road.listed()
    assert before.trouble and before.state == (
        f"ended before all of it came here; the box goes on in chain {now.chain[:8]}…")


@pytest.mark.parametrize("said", [False, True])
def test_nobody_makes_records_disappear_by_beginning_anew_without_a_word(road: Road, said: bool) -> None:
    """Who throws the database away begins a chain that names none before."""
    road.record("s-1")
    assert road.send()
    chain = road.box.store.chain
    road.record("bad-1", "bad-2")
    if said:
        road.beat()
    road.box.store.close()
    for path in road.folder.glob(f"{DATABASE}*"):
        path.unlink()
    road.open()
    for _ in range(2):
        road.record("s-2")
        assert road.send()
    assert road.left() == [(chain, 3 if said else 1, 1)] and road.told() == ["chain.left"]
    before, now = road.listed()
    assert before.trouble and now.state == "in order" and before.state == (
        f"the box began chain {now.chain[:8]}… without a word of this one")


def test_nobody_makes_a_chain_disappear_by_going_on_from_the_one_before_it(road: Road, tmp_path: Path) -> None:
    """The chain that is named is here to its end; the one between is not named."""
    road.record("s-1")
    assert road.send()
    road.box.store.close()
    shutil.copy(road.folder / DATABASE, tmp_path / "backup.db")
    road.open()
    assert road.new_chain() == 0
    road.record("s-2")
    assert road.send() and road.told() == []
    chain = road.box.store.chain
    road.record("bad")
    road.restore(tmp_path / "backup.db")
    assert road.new_chain() == 0 and road.send()
    assert road.left() == [(chain, 2, 2)] and road.told() == ["chain.left"]


def test_the_beginning_of_an_earlier_chain_that_comes_again_is_no_new_one(road: Road) -> None:
    road.record("s-1")
    assert road.send()
    again = [Message("box-1", one.envelope) for one in road.box.store.records()]
    assert road.new_chain() == 0 and road.send()
    road.collector.take(again)
    assert road.told() == []


def test_what_counted_at_the_box_counts_on(restored: Road, tmp_path: Path) -> None:
    road = restored
    road.box.store.append("segment.removed", SegmentRemoved("cd" * 32, "R7", "box"))
    before = consents(road.box.store, "welder-1")
    assert road.new_chain() == 0
    store = road.box.store
    assert consents(store, "welder-1") == before and before["p-1"].said == "given"
    store.append("consent.withdrawn", ConsentWithdrawn("welder-1", "p-1", "terminal"))
    said = consents(store, "welder-1")
    assert (said["p-1"].said, said["p-2"].said) == ("withdrawn", "given")
    assert store.removed("cd" * 32) and store.has("segment")
    film = segment_of(FILM, MORNING, 60)
    store.append("segment", segment_of(b"another", MORNING + 60_000_000, 60, 1))
    shelf = Shelf(store, "box-1")
    shelf.look()
    shelf.look()
    assert [(one.seq, one.sha256 == film.sha256) for one in shelf.entries] == [(0, True), (1, False)]
    assert film.file in Known().read(store)
    uploader = Uploader(store, Alarms(store), lambda _: None, None, lambda: 0.0)  # type: ignore[arg-type]
    assert [job.sha256 for job in uploader._found(0)] == [film.sha256], "the centre has its record, by the chain before"
    assert {len(store.receipts_above(chain, -1)) for chain in store.chains()} == {0, 1}


def test_old_words_of_the_centre_about_the_chain_before_change_nothing(restored: Road) -> None:
    road = restored
    chain, receipt = road.box.store.chain, road.box.store.receipts()[-1]
    road.new_chain()
    gap = Gap(1, "centre", "box-1", chain, 2, peek_receipt(receipt).time)
    assert road.inbox.receipt(receipt) is None
    assert road.inbox.gap(seal_gap(gap, road.centre.keys.signer)) is None
    assert road.box.store.receipted_up_to() == -1 and not road.box.store.records_of("alarm")


def test_a_chain_is_not_ended_under_a_process_that_records(restored: Road, capsys: pytest.CaptureFixture[str]) -> None:
    road, chain = restored, restored.box.store.chain
    for role in ("box", "sync", "recorder"):
        with only_one(road.box.run_folder / f"{role}.lock", role):
            assert road.new_chain() == 2
    for reason in ("", " ", "x" * 501, "a\x00b"):
        assert road.new_chain(reason) == 2
    assert cli.main(["--lang", "en", "new-chain", "--box", str(road.folder.parent), "--reason", "x"]) == 2
    assert road.box.store.chain == chain and not list(road.box.store.past())
    assert "give a reason" in capsys.readouterr().err


def test_a_power_cut_in_between_is_as_if_nothing_had_happened(
    restored: Road, monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = restored.box.store
    before = [one.envelope for one in store.records()]

    class PowerCut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "_add", cut)
        with pytest.raises(PowerCut):
            store.begin_chain(REASON)
    assert [one.envelope for one in store.records()] == before and not list(store.past())
    store.append("session.start", SessionStart("welder-1", "d", "page"))
    assert store.head().record.seq == len(before)


def test_it_can_be_done_again(restored: Road) -> None:
    road, chains = restored, [restored.box.store.chain]
    for _ in range(2):
        assert road.new_chain() == 0
        chains.append(road.box.store.chain)
        road.record("x")
    store = road.box.store
    assert store.chains() == chains and len(set(chains)) == 3
    assert [one.record.type for one in store.past("chain.begun")] == ["chain.begun"]
    for one in (*store.past(), *store.records()):
        assert store.record_at(one.record.chain, one.record.seq) == one


@pytest.mark.parametrize(("change", "said"), [
    ("DELETE FROM past WHERE seq = 7", "of box-1 was cut: 7 records are here, a signed head says 8"),
    ("DELETE FROM past", "of box-1 was cut: 0 records are here, a signed head says 8"),
    ("DELETE FROM past WHERE seq = 5", "record 5 of box-1 is missing"),
    ("UPDATE past SET type = 'segment' WHERE seq = 5", "its columns do not say what the sealed record says"),
])
def test_what_is_done_to_the_chain_before_is_found(
    restored: Road, capsys: pytest.CaptureFixture[str], change: str, said: str,
) -> None:
    road = restored
    for _ in range(3):
        road.send()
    road.new_chain()
    road.box.store.close()
    database = sqlite3.connect(road.folder / DATABASE)
    database.execute(change)
    database.commit()
    database.close()
    assert verify([str(road.folder), "--root", str(road.folder / "keys" / "root.crt"), "--lang", "en"]) == 1
    assert said in capsys.readouterr().out
    road.open()
