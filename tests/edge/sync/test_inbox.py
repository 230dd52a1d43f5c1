"""Orders and receipts: what is taken, what is refused, and that each is said once in the chain."""
from __future__ import annotations

import base64
import dataclasses
import errno
import json
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from common import policies
from common.policies import load_policy, policy_bytes
from common.sheets import Name, seal_sheet
from edge.clock import SystemClock
from edge.picture.live import Live
from edge.picture.told import Board
from edge.plans import newest_orders
from edge.recorder.by_plan import ByPlan
from edge.rollcall import process
from edge.rollcall.near import near
from edge.storage import due
from edge.sync.alarms import MOST
from edge.sync.centre import Site
from edge.sync.errors import NotAMessage
from edge.sync.inbox import Inbox
from edge.sync.orders import read_order
from edge.sync.process import make_inbox
from edge.terminal.memory import Memory
from edge.wiring import Box, open_store
from evidence.bodies import Alarm, Assessment, ClassOrder, Dispute, Hold, Review, SessionStart, body_of
from evidence.canonical import canonical
from evidence.certs import make_root, pem
from evidence.gaps import Gap, seal_gap
from evidence.seal import KeySigner
from evidence.times import MINUTE, utc_text

DAY_US = 24 * 60 * MINUTE
MakeBox = Callable[..., Box]


def told(box: Box) -> list[tuple[str, str]]:
    """The records that the inbox appended: type, and why for an alarm."""
    found = []
    for sealed in box.store.records(after=0):
        body = body_of(sealed.record)
        found.append((sealed.record.type, str(body.params["why"]) if isinstance(body, Alarm) else ""))
    return found


def taken(box: Box) -> list[str]:
    return [sealed.hash for sealed in box.store.orders()]


def test_an_order_is_kept_with_its_names_and_accepted_once(make_box: MakeBox, centre: Any, sheet: Any) -> None:
    box = make_box()
    inbox, order = make_inbox(box, "centre"), centre.order()
    inbox.order(centre.message(order, sheet(box)))
    inbox.order(centre.message(order, sheet(box)))
    make_inbox(box, "centre").order(centre.message(order))
    assert told(box) == [("order.accepted", "")] and taken(box) == [order.hash]
    assert box.store.names("welding-1") == {"p-1": "王秀英", "p-2": "李强"}


def test_a_later_order_replaces_an_earlier_one_and_not_the_other_way(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    inbox, first, second = make_inbox(box, "centre"), centre.order(1), centre.order(2)
    for order in (first, second, first, centre.order(2)):
        inbox.order(centre.message(order))
    inbox.order(centre.message(first))
    assert set(taken(box)) == {first.hash, second.hash}
    assert told(box) == [("order.accepted", "")] * 2 + [("alarm", "not_newer")] * 2


def forged(centre: Any) -> bytes:
    order = centre.order()
    changed = bytearray(order.envelope)
    index = changed.index(b'"sig":"') + 9
    changed[index] = ord("B" if changed[index] == ord("A") else "A")
    return centre.message(type(order)(bytes(changed), order.payload, order.record))


def by_another_box(centre: Any) -> bytes:
    other = type(centre)(centre.root, centre.root_key, name="box-2")
    return other.message(other.order())


def by_another_site(centre: Any) -> bytes:
    key = Ed25519PrivateKey.generate()
    other = type(centre)(make_root(key, "site", 1, 0, 36500, True), key)
    return other.message(other.order())


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (forged, "not_the_centre"),
        (by_another_box, "not_the_centre"),
        (by_another_site, "not_the_centre"),
        (lambda centre: centre.message(centre.order(), certificate=pem(centre.root)), "not_the_centre"),
        (lambda centre: centre.message(centre.order(device="box-9")), "not_this_box"),
        (lambda centre: centre.message(centre.order(policy="f" * 64)), "unknown_policy"),
        (lambda centre: centre.message(centre.order(), sheet=b"nothing that opens"), "bad_names"),
        (lambda centre: b"{}", "not_a_message"),
        (lambda centre: b"\xff" * 9, "not_a_message"),
    ],
)
def test_what_the_box_must_not_follow_is_refused_with_one_alarm(
    make_box: MakeBox, centre: Any, message: Callable[[Any], bytes], why: str
) -> None:
    box, bad = make_box(), message(centre)
    make_inbox(box, "centre").order(bad)
    make_inbox(box, "centre").order(bad)
    assert told(box) == [("alarm", why)] and not taken(box)


def test_a_class_keeps_its_policy_on_a_box_that_got_another_version_of_it(make_box: MakeBox, centre: Any) -> None:
    """A centre lets no class change its policy once it has begun: a box that refused would take no plan of it again."""
    box, first = make_box(), centre.order(1)
    make_inbox(box, "centre").order(centre.message(first))
    inbox = make_inbox(box, "centre")
    inbox._policies = dict.fromkeys(inbox._policies, "0" * 64)
    inbox.order(centre.message(first))
    inbox.order(centre.message(centre.order(2)))
    assert told(box) == [("order.accepted", "")] * 2
    inbox.order(centre.message(centre.order(3, policy="f" * 64)))
    assert told(box)[2:] == [("alarm", "unknown_policy")]


@pytest.mark.parametrize("update", ["another version", "no more"])
@pytest.mark.parametrize("kept", ["with the order", "at the next start"])
def test_every_part_of_a_box_reads_a_class_by_the_policy_that_its_order_names(
    make_box: MakeBox, centre: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update: str, kept: str,
) -> None:
    """Whatever an update brings under that id: the numbers of the terminal are those of the centre."""
    box, order = make_box(), centre.order()
    if kept == "with the order":
        make_inbox(box, "centre").order(centre.message(order))
    else:
        box.store.put_order(order)  # as a version did that kept no policy
        make_inbox(box, "centre")
    box.store.close()
    old, new = load_policy("demo"), tmp_path / "policies"
    new.mkdir()
    text = policy_bytes("demo").replace(b"pause_min = { value = 30", b"pause_min = { value = 31")
    text = text.replace(b"frozen_s = { value = 30", b"frozen_s = { value = 31")
    (new / "sanmenxia-2023.toml").write_bytes(policy_bytes("sanmenxia-2023"))
    if update == "another version":
        (new / "demo.toml").write_bytes(text)
    monkeypatch.setattr(policies, "_folder", lambda: new)
    store, body = open_store(box.folder, box.config, box.keys, box.clock), body_of(order.record)
    assert isinstance(body, ClassOrder)
    assert near(store, "welding-1", "2026-03-02-am", None).policy == old
    assert Memory(store).policy_of(body) == old
    assert due._policy(store, body) == old
    assert process.policy_for(store, body, "sanmenxia-2023") == old
    live = Live(store, box.clock, Board(tmp_path / "told"), "sanmenxia-2023")
    assert live._rules_of("welding-1") == old.picture
    plan = ByPlan("box-1", box.clock, lambda kind, said: None)
    plan.learn(store)
    assert [one.class_id for one in plan._plans] == ["welding-1"]
    inbox = make_inbox(dataclasses.replace(box, store=store), "centre")
    inbox.order(centre.message(centre.order(2, policy=old.sha256)))
    assert newest_orders(store.orders())["welding-1"].number == 2
    store.close()


def test_a_sheet_with_another_name_than_the_order_is_refused(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    wrong = seal_sheet({"p-1": Name("王秀兰", "01" * 16)}, box.keys.sealing_key, "welding-1")
    make_inbox(box, "centre").order(centre.message(centre.order(), wrong))
    assert told(box) == [("alarm", "bad_names")] and box.store.names("welding-1") == {}


def test_a_real_box_takes_no_orders_signed_with_a_test_key(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    inbox = make_inbox(box, "centre")
    inbox._site = Site("box-1", centre.root, "centre", test=False)
    inbox.order(centre.message(centre.order()))
    assert told(box) == [("alarm", "not_the_centre")]


def statements(centre: Any, *said: tuple[str, object], certificate: str = "") -> tuple[bytes, list[str]]:
    """A message with these, and the hashes of its records."""
    sealed = []
    for kind, body in said:
        centre.head = centre.record(kind, body)
        sealed.append(centre.head)
    texts = [base64.b64encode(one.envelope).decode() for one in sealed]
    message = canonical({"stated": texts, "certificate": certificate or centre.certificate})
    return message, [one.hash for one in sealed]


ASSESSED = ("assessment", Assessment("welding-1", "2026-04-02T16:00:00.000000Z"))
HELD = ("hold", Hold("welding-1", "h-1", "placed", "case 114", "wang"))
DISPUTED = ("dispute", Dispute("welding-1", "d-1", "opened", "unfair"))


def test_what_the_centre_states_is_kept_and_answered_once(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    message, hashes = statements(centre, ASSESSED, DISPUTED, HELD)
    make_inbox(box, "centre").stated(message)
    make_inbox(box, "centre").stated(message)
    assert taken(box) == hashes and told(box) == [("order.accepted", "")] * 3
    assert [one.record.body["order"] for one in box.store.records_of("order.accepted")] == hashes
    assert make_inbox(box, "centre").knows_centre


@pytest.mark.parametrize(("message", "why"), [
    (lambda centre: statements(type(centre)(centre.root, centre.root_key, name="box-2"), DISPUTED)[0],
     "not_the_centre"),
    (lambda centre: statements(centre, ASSESSED, ("review", Review("welding-1", "b", "complete", "x", "y")))[0],
     "not_a_message"),
    (lambda centre: statements(centre, ASSESSED)[0].replace(b"stated", b"statez"), "not_a_message"),
    (lambda centre: statements(centre, ASSESSED, certificate=pem(centre.root))[0], "not_the_centre"),
    (lambda centre: canonical({"stated": ["x"] * 1001, "certificate": centre.certificate}), "not_a_message"),
    (lambda centre: canonical({"stated": [3], "certificate": centre.certificate}), "not_a_message"),
    (lambda centre: centre.message(centre.order()), "not_a_message"),
    (lambda centre: b"\xff", "not_a_message"),
])
def test_of_a_message_that_cannot_be_trusted_no_statement_is_taken(
    make_box: MakeBox, centre: Any, message: Callable[[Any], bytes], why: str
) -> None:
    box = make_box()
    make_inbox(box, "centre").stated(message(centre))
    assert told(box) == [("alarm", why)] and not taken(box)


@pytest.fixture
def ready(make_box: MakeBox, centre: Any) -> tuple[Box, Inbox]:
    """A box that knows its centre and has three records."""
    box = make_box()
    inbox = make_inbox(box, "centre")
    inbox.order(centre.message(centre.order()))
    box.store.append("session.start", SessionStart("welding-1", "s-1", "button"))
    return box, inbox


def test_a_receipt_of_our_chain_is_kept_also_after_a_restart(ready: tuple[Box, Inbox], centre: Any) -> None:
    box, inbox = ready
    assert inbox.receipt(centre.receipt(box.store.records()[1])) == 1
    assert make_inbox(box, "centre").receipt(centre.receipt(box.store.head())) == 2
    assert box.store.receipted_up_to() == 2 == box.store.head().record.seq


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"chain": "0" * 32}, "not_our_chain"),
        ({"head_hash": "0" * 64}, "not_our_chain"),
        ({"up_to": 99}, "not_our_chain"),
        ({"device": "box-2"}, "not_our_chain"),
        ({"centre": "centre-2"}, "not_the_centre"),
    ],
)
def test_a_receipt_that_does_not_match_is_refused_with_one_alarm(
    ready: tuple[Box, Inbox], centre: Any, other: dict[str, Any], why: str
) -> None:
    box, inbox = ready
    bad = centre.receipt(box.store.head(), **other)
    assert inbox.receipt(bad) is None and inbox.receipt(bad) is None and make_inbox(box, "centre").receipt(bad) is None
    assert told(box)[2:] == [("alarm", why)] and box.store.receipted_up_to() == -1


def test_a_forged_receipt_is_refused(ready: tuple[Box, Inbox], centre: Any) -> None:
    box, inbox = ready
    thief = type(centre)(centre.root, centre.root_key)
    assert inbox.receipt(thief.receipt(box.store.head())) is None
    assert inbox.receipt(b"nonsense") is None
    assert told(box)[2:] == [("alarm", "not_the_centre"), ("alarm", "not_a_message")]


def test_after_a_good_receipt_a_bad_one_is_news_again(ready: tuple[Box, Inbox], centre: Any) -> None:
    box, inbox = ready
    bad = centre.receipt(box.store.head(), up_to=99)
    inbox.receipt(bad)
    inbox.receipt(centre.receipt(box.store.head()))
    inbox.receipt(bad)
    assert told(box)[2:] == [("alarm", "not_our_chain")] * 2


def test_a_receipt_from_the_future_does_not_end_requests_for_records(ready: tuple[Box, Inbox], centre: Any) -> None:
    """The centre's clock was ahead by a year, and is right again: what it asks for is sent."""
    box, inbox = ready
    now_us = SystemClock().utc_us()
    assert inbox.receipt(centre.receipt(box.store.head(), time=utc_text(now_us + 365 * DAY_US))) == 2
    box.store.append("session.start", SessionStart("welding-1", "s-2", "button"))
    assert inbox.receipt(centre.receipt(box.store.head(), time=utc_text(now_us))) == box.store.head().record.seq == 4
    gap = Gap(1, "centre", "box-1", box.store.chain, 2, utc_text(now_us + 1_000_000))
    assert inbox.gap(seal_gap(gap, KeySigner(centre.key))) == 2
    again = dataclasses.replace(gap, time=utc_text(now_us - 1))
    assert inbox.gap(seal_gap(again, KeySigner(centre.key))) is None, "an old request that somebody repeats"


@pytest.mark.parametrize(("synced", "ago_min", "followed"), [(True, 1, True), (True, 11, False), (False, 1, False)])
def test_a_centre_that_lost_records_after_its_clock_was_ahead_gets_them_again(
    ready: tuple[Box, Inbox], centre: Any, monkeypatch: pytest.MonkeyPatch, synced: bool, ago_min: int, followed: bool
) -> None:
    """It gives no receipt that would say which time it is, for it lacks what they would have to cover."""
    box, inbox = ready
    stamp = SystemClock().stamp()
    stamp = dataclasses.replace(stamp, clock=dataclasses.replace(stamp.clock, synced=synced))
    monkeypatch.setattr(inbox, "_clock", types.SimpleNamespace(stamp=lambda: stamp))
    assert inbox.receipt(centre.receipt(box.store.head(), time=utc_text(stamp.utc_us + 365 * DAY_US))) == 2
    gap = Gap(1, "centre", "box-1", box.store.chain, 1, utc_text(stamp.utc_us - ago_min * MINUTE))
    assert inbox.gap(seal_gap(gap, KeySigner(centre.key))) == (1 if followed else None)


def test_a_flood_of_junk_keeps_no_other_alarm_out_of_the_chain(ready: tuple[Box, Inbox], centre: Any) -> None:
    box, inbox = ready
    for number in range(MOST + 20):
        inbox.order(b"junk %d" % number)
    for number in range(MOST + 20):
        inbox.alarms.once("centre.lost", {"seq": number})
    inbox.order(by_another_box(centre))
    inbox.alarms.once("centre.rolled_back", {"size": 1})
    alarms = [body for sealed in box.store.records_of("alarm") if isinstance(body := body_of(sealed.record), Alarm)]
    count = Counter((body.code, body.params.get("why")) for body in alarms)
    assert count == {("order.refused", "not_a_message"): MOST, ("centre.lost", None): MOST,
                     ("order.refused", "not_the_centre"): 1, ("centre.rolled_back", None): 1}


@pytest.mark.parametrize("fails", ["replace", "read"])
def test_a_disk_that_is_full_when_the_first_order_comes_does_not_end_the_loop(
    make_box: MakeBox, centre: Any, monkeypatch: pytest.MonkeyPatch, fails: str,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    box = make_box()
    inbox, order = make_inbox(box, "centre"), centre.order()
    if fails == "read":
        (box.folder / "keys" / "centre.crt").write_text(centre.certificate)
    with monkeypatch.context() as patch:
        patch.setattr(*(("edge.sync.inbox.replace", full) if fails == "replace" else (Path, "read_text", full)))
        inbox.order(centre.message(order))
        assert taken(box) == [order.hash] and inbox.receipt(centre.receipt(box.store.head())) == 1
        assert not make_inbox(box, "centre").knows_centre
    inbox.order(centre.message(order))
    assert make_inbox(box, "centre").knows_centre


def test_no_receipt_is_believed_before_the_centre_is_known(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    assert make_inbox(box, "centre").receipt(centre.receipt(box.store.head())) is None
    assert box.store.receipted_up_to() == -1 and not told(box)


def test_a_renewal_brings_the_centre_to_a_box_without_a_class(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    inbox, receipt = make_inbox(box, "centre"), centre.receipt(box.store.head())
    other = type(centre)(make_root(centre.root_key, "x", 1, 0, 36500, True), Ed25519PrivateKey.generate())
    for wrong in (b"", b"\xff", other.certificate.encode(), centre.certify(centre.key.public_key(), "box-2").encode()):
        inbox.centre(wrong)
        assert not inbox.knows_centre and inbox.receipt(receipt) is None
    inbox.centre(centre.certificate.encode())
    assert inbox.receipt(receipt) == 0 and make_inbox(box, "centre").knows_centre and not told(box)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_order_or_refused(data: bytes) -> None:
    key = Ed25519PrivateKey.generate()
    site = Site("box-1", make_root(key, "site", 1, 0, 36500, True), "centre", True)
    with pytest.raises(NotAMessage):
        read_order(data, site)


@pytest.mark.parametrize("name", [{"name": "王秀英", "salt": "0" * 33}, {"name": "王\ud800", "salt": "01" * 16}])
def test_a_sheet_that_anybody_made_up_is_refused_beside_a_right_order(
    make_box: MakeBox, centre: Any, name: dict[str, str],
) -> None:
    """The key of a box is public, so its sheet may come from anybody who may publish on its topic."""
    box = make_box()
    key = X25519PublicKey.from_public_bytes(bytes.fromhex(box.keys.sealing_key))
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    wrong = suite.encrypt(json.dumps({"p-1": name}).encode(), key, info=b"zaitang names v1:welding-1")
    make_inbox(box, "centre").order(centre.message(centre.order(), wrong))
    assert told(box) == [("alarm", "bad_names")] and box.store.names("welding-1") == {}


def test_a_receipt_from_the_future_shows_that_our_clock_is_behind(make_box: MakeBox, centre: Any) -> None:
    box = make_box()
    inbox = make_inbox(box, "centre")
    inbox.order(centre.message(centre.order()))
    for seconds in (-86_400 * 365, 590, 86_400 * 365, 86_400 * 365, 0, 7200):
        box.store.append("session.start", SessionStart("welding-1", "s-1", "button"))
        time = utc_text(box.clock.utc_us() + seconds * 1_000_000)
        assert inbox.receipt(centre.receipt(box.store.head(), time=time)) is not None
    found = [body_of(sealed.record) for sealed in box.store.records_of("alarm")]
    said = [(one.code, round(int(one.params["apart_s"]) / 100)) for one in found if isinstance(one, Alarm)]
    assert said == [("clock.apart", -315_360), ("clock.apart", -72)]
