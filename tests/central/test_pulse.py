"""What the centre makes of heartbeats, of holes in a chain, and of what its broker throws away."""
from __future__ import annotations

import dataclasses

import pytest

from central.cli import main
from central.ingest.collector import FIRST_ASKED_US, MOST_HOLES_EACH, Collector, Message
from central.ingest.dropped import Dropped
from central.ingest.pulse import MOST_UNKNOWN
from central.store.heard import Heard
from central.wiring import Centre
from evidence.bodies import SessionStart
from evidence.gaps import read_gap
from evidence.heartbeats import Heartbeat, heartbeat_of, seal_heartbeat
from evidence.records import ClockState, Sealed, Stamp
from evidence.times import MINUTE, SECOND, utc_text
from tests.central.console import signed_in
from tests.central.helpers import MORNING, REAL, Box, FixedClock


@pytest.fixture
def box(centre: Centre) -> Box:
    """Five records that nobody has sent."""
    made = Box(centre)
    made.genesis()
    for number in range(4):
        made.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)
    return made


def beat(box: Box, head: Sealed, after_us: int, **changes: object) -> Message:
    """A heartbeat with that head, so long after the head's record was made."""
    made = heartbeat_of(head, Stamp("b0", head.record.mono_us + after_us, head.record.utc_us + after_us, REAL), 0, {})
    return Message(box.device, seal_heartbeat(dataclasses.replace(made, **changes), box.signer), "heartbeats")


def alarms(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        return [str(sealed.record.body["code"]) for sealed in tx.of_type("alarm")]


def another(centre: Centre, box: Box, chain: str) -> Box:
    """Three records of a chain that the holder of the box's key invented."""
    made = Box(centre, box.device, chain)
    made.signer, made.certificate = box.signer, box.certificate
    made.genesis()
    for number in range(2):
        made.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING)
    return made


def heard(centre: Centre, box: Box) -> Heard:
    with centre.store.read() as tx:
        found = tx.heard(box.device, box.chain)
    assert found is not None
    return found


def test_the_last_and_the_highest_heartbeat_are_kept(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    messages = [beat(box, box.sealed[3], 0), beat(box, box.sealed[4], 2 * SECOND), beat(box, box.sealed[2], 0)]
    assert collector.take([*box.messages(), *messages])[0].topic == "receipts"
    known = heard(centre, box)
    assert known.last == known.highest == messages[1].payload and known.last_us == clock.utc_us
    assert isinstance(known.last_heartbeat, Heartbeat) and known.last_heartbeat.up_to == 4
    assert alarms(centre) == []


@pytest.mark.parametrize("first", ["records", "heartbeat"])
def test_a_chain_that_ends_earlier_than_it_did_is_told_once(centre: Centre, box: Box, first: str) -> None:
    collector = centre.collector()
    collector.take(box.messages() if first == "records" else [box.messages()[0], beat(box, box.sealed[4], SECOND)])
    for second in range(10, 13):
        collector.take([beat(box, box.sealed[2], second * SECOND)])
    assert alarms(centre) == ["chain.cut"] and heard(centre, box).against == "chain.cut"
    collector.take([beat(box, box.sealed[4], 60 * SECOND)])
    assert heard(centre, box).against is None
    collector.take([beat(box, box.sealed[2], 90 * SECOND)])
    assert alarms(centre) == ["chain.cut", "chain.cut"]


def test_a_box_that_says_one_thing_and_then_another_fills_no_chain_of_the_centre(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    collector = centre.collector()
    collector.take(box.messages())

    def quarrel(first: int) -> None:
        for second in range(first, first + 40, 2):
            collector.take([beat(box, box.sealed[2], second * SECOND), beat(box, box.sealed[4], (second + 1) * SECOND)])

    quarrel(10)
    assert alarms(centre) == ["chain.cut"] * 4
    clock.utc_us += 61 * MINUTE
    quarrel(100)
    assert alarms(centre) == ["chain.cut"] * 8


def test_a_heartbeat_that_comes_late_or_again_is_no_alarm(centre: Centre, box: Box) -> None:
    collector = centre.collector()
    early, now = beat(box, box.sealed[1], 1), beat(box, box.sealed[4], SECOND)
    collector.take([*box.messages(), now])
    collector.take([early, early, now])
    assert alarms(centre) == [] and heard(centre, box).last == now.payload


@pytest.mark.parametrize("first", ["records", "heartbeat"])
def test_a_head_with_another_hash_is_a_fork(centre: Centre, box: Box, first: str) -> None:
    collector = centre.collector()
    wrong = beat(box, box.sealed[3], SECOND, head_hash="f" * 64)
    if first == "records":
        collector.take(box.messages())
        collector.take([wrong])
    else:
        collector.take([box.messages()[0], wrong])
        collector.take(box.messages())
    assert alarms(centre) == ["chain.fork"]


def test_a_heartbeat_of_somebody_else_is_quarantined(centre: Centre, box: Box) -> None:
    collector, other = centre.collector(), Box(centre, "box-2", "cd" * 16)
    other.genesis()
    collector.take([*box.messages(), *other.messages()])
    forged = beat(box, box.sealed[4], SECOND).payload.replace(b"ed25519", b"ed25518")
    head = dataclasses.replace(box.sealed[4].record, device="box-2")
    stolen = seal_heartbeat(
        heartbeat_of(dataclasses.replace(box.sealed[4], record=head), Stamp("b0", 9, MORNING, REAL), 0, {}), box.signer)
    collector.take([
        Message("box-2", beat(box, box.sealed[4], SECOND).payload, "heartbeats"),
        Message("box-2", stolen, "heartbeats"),
        Message("box-1", forged, "heartbeats"), Message("box-1", box.sealed[4].envelope, "heartbeats")])
    with centre.store.read() as tx:
        assert sorted(error for error, _, _ in tx.quarantined()) == [
            "BadRecord", "BadRecord", "UnknownSigner", "WrongTopic"]
    assert heard(centre, box).last is None and alarms(centre) == []


def silence(collector: Collector, clock: FixedClock, minutes: int) -> None:
    clock.utc_us += minutes * MINUTE
    collector.pulse.tell_silent(10)


def test_silence_is_told_once_and_only_of_who_could_be_heard(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    collector.take(box.messages()[:4])
    silence(collector, clock, 60)
    assert alarms(centre) == [], "nobody listened"
    collector.pulse.listen()
    silence(collector, clock, 9)
    collector.take(box.messages()[4:])
    silence(collector, clock, 9)
    assert alarms(centre) == []
    silence(collector, clock, 2)
    silence(collector, clock, 60)
    assert alarms(centre) == ["box.silent"] and heard(centre, box).silent
    collector.take([beat(box, box.sealed[4], SECOND)])
    assert not heard(centre, box).silent
    collector.pulse.deaf()
    silence(collector, clock, 60)
    assert alarms(centre) == ["box.silent"]
    collector.pulse.listen()
    collector.take([beat(box, box.sealed[4], SECOND)])
    silence(collector, clock, 11)
    assert alarms(centre) == ["box.silent", "box.silent"], "a repeated heartbeat hides nothing"


def test_a_chain_that_another_one_replaced_is_not_silent(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    collector.pulse.listen()
    collector.take(box.messages())
    clock.utc_us += 8 * MINUTE
    new = Box(centre, "box-1", "ef" * 16)
    new.genesis()
    collector.take(new.messages())
    silence(collector, clock, 8)
    assert alarms(centre) == []


def test_a_stray_record_of_an_invented_chain_hides_no_silence(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    collector.pulse.listen()
    stray = another(centre, box, "ef" * 16)
    collector.take([*box.messages(), Message("box-1", stray.sealed[-1].envelope)])
    silence(collector, clock, 60)
    assert alarms(centre) == ["box.silent"]


def test_heartbeats_of_invented_chains_take_no_room(centre: Centre, box: Box) -> None:
    collector = centre.collector()
    collector.take(box.messages()[:1])
    for number in range(30):
        collector.take([beat(box, box.sealed[4], SECOND, chain=f"{number:032x}")])
    with centre.store.read() as tx:
        assert len(tx.all_heard()) == MOST_UNKNOWN + 1
    collector.take([beat(box, box.sealed[4], SECOND)])
    assert heard(centre, box).last is not None


def test_one_box_with_many_holes_is_asked_for_few_of_them(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector = centre.collector()
    made = []
    for number in range(30):
        made.append(Message("box-1", another(centre, box, f"{number:032x}").sealed[-1].envelope))
    collector.take([box.messages()[0], *made])
    honest = Box(centre, "box-2")
    honest.genesis()
    honest.append(SessionStart("welder-1", "s", "button"), MORNING)
    last = honest.append(SessionStart("welder-1", "t", "button"), MORNING)
    collector.take([honest.messages()[0], Message("box-2", last.envelope)])
    clock.utc_us += FIRST_ASKED_US
    asked = [one.device for one in collector.gaps()]
    assert asked.count("box-1") == MOST_HOLES_EACH and asked.count("box-2") == 1


def test_a_hole_that_stays_is_asked_for_less_and_less_often(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector, messages = centre.collector(), box.messages()
    collector.take([messages[0], messages[1], messages[3], messages[4]])
    asked = []
    for _ in range(40):
        for given in collector.gaps():
            assert (given.device, given.topic) == ("box-1", "gaps")
            asked.append((clock.utc_us, read_gap(given.envelope, centre.keys.public_key, "gap")))
        clock.utc_us += SECOND
        collector.take([messages[4]])
    assert all((gap.chain, gap.first) == (box.chain, 2) for _, gap in asked)
    assert [(at - MORNING) // FIRST_ASKED_US for at, _ in asked] == [1, 3, 7]
    collector.take([messages[2]])
    clock.utc_us += 60 * MINUTE
    assert collector.gaps() == []


def test_a_record_that_is_refused_each_time_that_it_comes_is_told_once(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    """Nothing after it gets a receipt, and quarantine says nothing to anybody."""
    collector, messages = centre.collector(), box.messages()
    bad = Message("box-1", messages[2].payload.replace(b"ed25519", b"ed25518"))
    for _ in range(12 * 60 // 5):
        collector.take([*messages[:2], bad, *messages[3:]])
        clock.utc_us += 5 * SECOND
        collector.gaps()
        assert (alarms(centre) == []) or clock.utc_us > MORNING + 5 * MINUTE
    with centre.store.read() as tx:
        assert [one.record.body["params"] for one in tx.of_type("alarm")] == [
            {"device": "box-1", "chain": box.chain, "seq": 2}]
    collector.take(messages)
    clock.utc_us += 60 * MINUTE
    collector.take(messages)
    assert alarms(centre) == ["chain.hole"]


def test_a_hole_of_a_box_that_is_away_is_no_alarm(centre: Centre, box: Box, clock: FixedClock) -> None:
    collector, messages = centre.collector(), box.messages()
    collector.take([messages[0], messages[2]])
    for _ in range(720):
        clock.utc_us += 5 * SECOND
        collector.gaps()
    assert alarms(centre) == []


def test_what_the_broker_threw_away_is_told_when_it_grows(centre: Centre) -> None:
    dropped = Dropped(centre.store)
    for said, told in ((b"0", 0), (b"7", 1), (b"7", 1), (b"9", 2), (b"0", 2), (b"3", 3), (b"x", 3), (b"9" * 30, 3)):
        dropped.hear(said)
        dropped.tell()
        assert len(alarms(centre)) == told
    Dropped(centre.store).tell()
    later = Dropped(centre.store)
    later.hear(b"5")
    later.tell()
    with centre.store.read() as tx:
        assert [sealed.record.body["params"] for sealed in tx.of_type("alarm")] == [
            {"messages": 7}, {"messages": 2}, {"messages": 3}, {"messages": 2}]


def test_the_console_says_who_is_silent_and_whose_records_end_earlier(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    collector, client = centre.collector(), signed_in(centre)
    collector.pulse.listen()
    collector.take([*box.messages(), beat(box, box.sealed[4], SECOND, waiting=7)])
    assert "7 records there have no receipt yet" in client.get("/boxes?lang=en").text
    assert "盒上有 7 条记录尚无回执" in client.get("/boxes?lang=zh").text
    collector.take([beat(box, box.sealed[2], 10 * SECOND)])
    silence(collector, clock, 11)
    page = client.get("/boxes?lang=en").text
    assert "its records end earlier than they did; away: nothing was heard of it since" in page
    page = client.get("/boxes?lang=zh").text
    assert "记录末尾早于以前；失联：自" in page


@pytest.mark.parametrize(("synced", "said"), [(True, False), (False, True)])
def test_the_console_says_that_the_centre_gives_no_receipts_and_why(centre: Centre, synced: bool, said: bool) -> None:
    clock = FixedClock(clock=ClockState(synced, 0, "kernel", 1))
    real = dataclasses.replace(centre, keys=dataclasses.replace(centre.keys, test=False), clock=clock)
    client = signed_in(real)
    assert ("signs no receipt" in client.get("/?lang=en").text) is said
    assert ("trust-clock" in client.get("/?lang=zh").text) is said


def test_a_box_whose_clock_is_ahead_is_told_once_a_day(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    collector = centre.collector()
    collector.take(box.messages())
    for second, ahead in ((10, 599), (20, 3600), (30, 3601), (40, 0), (50, 86_400 * 365)):
        clock.utc_us += 24 * 60 * MINUTE * (second == 50)
        told = utc_text(clock.utc_us + ahead * SECOND)
        collector.take([beat(box, box.sealed[4], second * SECOND, utc=told)])
    with centre.store.read() as tx:
        found = [sealed.record.body["params"] for sealed in tx.of_type("alarm")]
    assert found == [{"device": "box-1", "apart_s": 3600}, {"device": "box-1", "apart_s": 86_400 * 365}]


def test_one_that_is_behind_may_have_waited_and_a_simulated_one_is_no_clock(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    collector = centre.collector()
    behind = utc_text(clock.utc_us - 86_400 * 365 * SECOND)
    collector.take([*box.messages(), beat(box, box.sealed[4], SECOND, utc=behind)])
    ahead, drawn = utc_text(clock.utc_us + 86_400 * SECOND), ClockState(True, 0, "simulated", 1)
    collector.take([beat(box, box.sealed[4], 2 * SECOND, utc=ahead, clock=drawn)])
    assert alarms(centre) == []


def test_the_console_and_the_command_say_who_is_revoked_and_who_never_sent_anything(
    centre: Centre, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    client = signed_in(centre)
    centre.collector().take(box.messages())
    Box(centre, "box-2")
    Box(centre, "box-3")
    centre.desk().revoke("box-3", "stolen")

    def listed(lang: str = "en") -> list[str]:
        assert main(["--lang", lang, "box", "list", "--centre", str(centre.folder)]) == 0
        return capsys.readouterr().out.splitlines()

    assert [line.split()[0] for line in listed()] == ["Box", "box-1", "box-2", "box-3"]
    assert "away: nothing was heard of it since" in listed()[1] and listed()[2].endswith("it has not sent a record yet")
    centre.desk().revoke("box-1", "stolen")
    assert [line.endswith("its key is revoked") for line in listed()] == [False, True, False, True]
    assert listed("zh")[1].endswith("密钥已吊销")
    page = client.get("/boxes?lang=zh").text
    assert page.count("密钥已吊销") == 2 and "box-2" in page and "尚未发来记录" in page


def test_a_chain_that_a_box_begins_beside_its_own_hides_no_silence(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    """It says once that the other one is silent, and never again that the box is."""
    collector = centre.collector()
    collector.pulse.listen()
    beside = another(centre, box, "ef" * 16)
    collector.take([*box.messages()[:2], beside.messages()[0]])
    silence(collector, clock, 6)
    collector.take([box.messages()[2]])
    silence(collector, clock, 6)
    assert alarms(centre) == [], "the box speaks"
    silence(collector, clock, 60)
    assert alarms(centre) == ["box.silent"]
    collector.take([box.messages()[3]])
    silence(collector, clock, 60)
    assert alarms(centre) == ["box.silent", "box.silent"]


def test_a_box_that_another_collector_hears_is_not_silent(centre: Centre, box: Box, clock: FixedClock) -> None:
    """As where one takes the place of another: each message is news for the first alone."""
    first, second = centre.collector(), centre.collector()
    for collector in (first, second):
        collector.pulse.listen()
        collector.take(box.messages())
    for minute in range(1, 30):
        clock.utc_us += MINUTE
        message = beat(box, box.sealed[4], minute * MINUTE)
        for collector in (first, second):
            collector.take([message])
            collector.pulse.tell_silent(10)
    assert alarms(centre) == []
    silence(second, clock, 11)
    assert alarms(centre) == ["box.silent"]


def test_a_heartbeat_from_a_year_ahead_makes_those_that_follow_no_old_ones(
    centre: Centre, box: Box, clock: FixedClock
) -> None:
    """A box whose clock was wrong before it was started anew: nothing else would say that it lives, or was cut."""
    collector = centre.collector()
    ahead = utc_text(clock.utc_us + 365 * 1440 * MINUTE)
    collector.take([*box.messages()[:3], beat(box, box.sealed[2], SECOND, utc=ahead)])
    clock.utc_us += 5 * MINUTE
    now = beat(box, box.sealed[3], 0, boot_id="b1", mono_us=1, utc=utc_text(clock.utc_us))
    collector.take([now])
    assert heard(centre, box).last == heard(centre, box).highest == now.payload
    clock.utc_us += 5 * MINUTE
    collector.take([beat(box, box.sealed[1], 0, boot_id="b2", mono_us=1, utc=utc_text(clock.utc_us))])
    assert alarms(centre) == ["clock.apart", "chain.cut"]


def test_the_page_of_boxes_says_what_a_box_says_of_itself(centre: Centre, box: Box) -> None:
    unset = dataclasses.replace(REAL, synced=False)
    free = {"box": 90_000_000_000, "video": 70_000_000_000}
    centre.collector().take([*box.messages(), beat(box, box.sealed[-1], SECOND, free=free)])
    said = signed_in(centre).get("/boxes?lang=en").text
    assert "70.0 GB free for video" in said and "90.0 GB" not in said
    assert "its clock is not set" not in said
    centre.collector().take([beat(box, box.sealed[-1], 2 * SECOND, clock=unset)])
    assert "its clock is not set" in signed_in(centre).get("/boxes?lang=en").text
    assert "时钟未校准" in signed_in(centre).get("/boxes?lang=zh").text
