"""Orders to boxes at the centre: what may be ordered, what travels, what is told of the answers."""
from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from central.cli import main
from central.orders import boxes
from central.orders.boxes import answers, box_order_messages, order_settings, order_upload, orders
from central.orders.errors import BadDays, FilesNotOfBox, NoSuchBox, NothingWanted, TooManyFiles
from central.wiring import Centre
from evidence.bodies import SegmentRemoved
from evidence.box_orders import MOST_WANTED, BoxOrder, BoxSettings, OrderAnswered, Revocation, WantedFile
from evidence.seal import read_sealed
from evidence.times import utc_text
from tests.central.helpers import MORNING, Box, FixedClock, put, segment_of

DAY = 86_400_000_000
FILMS = [b"one", b"two", b"three"]
HASHES = [hashlib.sha256(film).hexdigest() for film in FILMS]


@pytest.fixture
def box(centre: Centre) -> Box:
    made = Box(centre)
    made.genesis()
    for index, film in enumerate(FILMS):
        made.append(segment_of(film, MORNING, 60, index, class_id=f"c-{index}"), MORNING + 61_000_000 * (index + 1))
    centre.collector().take(made.messages())
    return made


def order(centre: Centre, *hashes: str, class_id: str | None = None, device: str = "box-1", days: int = 7) -> BoxOrder:
    return order_upload(centre.store, device, hashes, class_id, days, MORNING)[1]


def messages(centre: Centre, now_us: int = MORNING) -> dict[str, list[int]]:
    """The numbers that each box is sent."""
    with centre.store.read() as tx:
        found = box_order_messages(tx, centre.keys.certificate, set(), now_us)
        assert box_order_messages(tx, centre.keys.certificate, set(found), now_us) == {}
    told = {}
    for key, message in found.items():
        assert message.topic == f"zaitang/v1/{key[0]}/orders/_box"
        texts = json.loads(message.payload)["orders"]
        told[key[0]] = [read_sealed(base64.b64decode(text)).record.body["number"] for text in texts]
        assert key[3] == max(told[key[0]])
    return told


def answer(centre: Centre, box: Box, number: int, result: str = "accepted", why: str = "") -> None:
    with centre.store.read() as tx:
        sealed = next(sealed for sealed, body in orders(tx, box.device) if body.number == number)
    box.append(OrderAnswered(sealed.hash, number, result, why), MORNING + 400_000_000)  # type: ignore[arg-type]
    centre.collector().take(box.messages())


def test_an_order_names_files_by_record_and_hash_and_counts_for_each_box(centre: Centre, box: Box) -> None:
    one = order(centre, HASHES[1], HASHES[0], HASHES[1])
    assert one.upload is not None and one.upload.chain == box.chain
    assert one.upload.files == (WantedFile(2, HASHES[1]), WantedFile(1, HASHES[0]))
    assert (one.number, one.expires) == (1, utc_text(MORNING + 7 * DAY))
    other = Box(centre, "box-2", chain="cd" * 16)
    other.genesis()
    other.append(segment_of(b"else", MORNING, 60), MORNING)
    centre.collector().take(other.messages())
    assert [order(centre, HASHES[0]).number, order(centre, device="box-2").number] == [2, 1]


def test_without_names_it_is_what_is_not_here(centre: Centre, box: Box) -> None:
    put(centre, FILMS[0])
    with centre.store.write() as tx:
        tx.mark_stored(HASHES[0], MORNING)
    box.append(SegmentRemoved(HASHES[1], "R7", "box"), MORNING + 300_000_000)
    centre.collector().take(box.messages())
    asked = order(centre)
    assert asked.upload is not None and [one.sha256 for one in asked.upload.files] == [HASHES[2]]
    assert order(centre, class_id="c-2").upload == asked.upload
    with pytest.raises(NothingWanted):
        order(centre, class_id="c-0")


def test_what_makes_no_sense_is_refused_and_not_kept(centre: Centre, box: Box) -> None:
    issued = Box(centre, "box-9", chain="ef" * 16)
    for call, error in (
        (lambda: order(centre, device="nobody"), NoSuchBox), (lambda: order(centre, device=issued.device), NoSuchBox),
        (lambda: order(centre, device="centre"), NoSuchBox), (lambda: order(centre, "ab" * 32), FilesNotOfBox),
        (lambda: order(centre, days=0), BadDays), (lambda: order(centre, days=367), BadDays),
        (lambda: order(centre, *(f"{n:064x}" for n in range(MOST_WANTED + 1))), TooManyFiles),
    ):
        with pytest.raises(error):
            call()
    with centre.store.read() as tx:
        assert orders(tx) == []


def test_a_box_is_sent_what_it_has_not_answered_and_what_holds(centre: Centre, box: Box) -> None:
    assert messages(centre) == {}
    order(centre, HASHES[0], days=1)
    order(centre, HASHES[1], days=9)
    assert messages(centre) == {"box-1": [1, 2]}
    assert messages(centre, MORNING + 2 * DAY) == {"box-1": [2]}
    answer(centre, box, 1)
    assert messages(centre) == {"box-1": [2]}
    answer(centre, box, 2, "refused", "no_road")
    assert messages(centre) == {}


def test_more_than_fits_goes_when_the_first_are_answered(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boxes, "MOST_BYTES", 2000)
    for _ in range(4):
        order(centre, HASHES[0])
    first = messages(centre)["box-1"]
    assert first == list(range(1, len(first) + 1)) and 1 <= len(first) < 4
    for number in first:
        answer(centre, box, number)
    assert messages(centre)["box-1"][0] == first[-1] + 1


def test_a_centre_that_was_put_back_goes_on_above_what_the_box_has_answered(centre: Centre, box: Box) -> None:
    box.append(OrderAnswered("ab" * 32, 41, "accepted"), MORNING + 300_000_000)
    centre.collector().take(box.messages())
    assert order(centre, HASHES[0]).number == 42


def test_a_box_cannot_answer_for_another_one(centre: Centre, box: Box) -> None:
    order(centre, HASHES[0])
    other = Box(centre, "box-2", chain="cd" * 16)
    other.genesis()
    answer_of = orders_of(centre)[0]
    other.append(OrderAnswered(answer_of, 1, "refused", "expired"), MORNING)
    centre.collector().take(other.messages())
    assert messages(centre) == {"box-1": [1]}
    with centre.store.read() as tx:
        assert set(answers(tx)) == {("box-2", answer_of)}


def orders_of(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        return [sealed.hash for sealed, _ in orders(tx)]


def test_the_commands_order_and_tell_in_both_languages(
    centre: Centre, box: Box, capsys: pytest.CaptureFixture[str],
) -> None:
    where = ["--centre", str(centre.folder)]
    assert main(["order", "list", *where, "--lang", "en"]) == 0
    assert main(["order", "upload", "box-1", HASHES[0], *where, "--lang", "en"]) == 0
    assert main(["order", "upload", "box-1", "--class", "c-1", "--days", "3", *where, "--lang", "zh"]) == 0
    assert main(["order", "upload", "box-1", "ABC", *where, "--lang", "en"]) == 2
    assert main(["order", "upload", "box-7", *where, "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert "No orders." in said.out and "Order 1 to box-1 is signed: 1 files" in said.out
    assert "已签发给 box-1 的指令 2" in said.out and "64 hex digits" in said.err and "box-7" in said.err
    answer(centre, box, 1, "refused", "no_road")
    assert main(["order", "list", "box-1", *where, "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "refused: the box has no address" in lines[0] and "no answer yet" in lines[1]
    assert "files wanted: 1, here: 0, gone at the box: 0" in lines[1]
    answer(centre, box, 2)
    assert main(["order", "list", *where, "--lang", "zh"]) == 0
    assert "已接受" in capsys.readouterr().out


def test_settings_are_ordered_and_told(centre: Centre, box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--centre", str(centre.folder), "--lang", "en"]
    told = ["--box-lang", "en", "--voice", "off", "--upload", "asked", "--upload-kbit", "2000"]
    assert main(["order", "settings", "box-1", *told, *where]) == 0
    assert main(["order", "settings", "box-1", *where]) == 0
    assert main(["order", "settings", "box-1", "--upload-kbit", "1", *where]) == 2
    assert main(["order", "settings", "box-7", *where]) == 2
    said = capsys.readouterr()
    assert "lang = en, voice = False, upload = asked, upload_kbit = 2000" in said.out
    assert "all settings as in box.toml" in said.out and "upload_kbit" in said.err
    with centre.store.read() as tx:
        found = [body.settings for _, body in orders(tx)]
    assert found == [BoxSettings("en", False, "asked", 2000), BoxSettings()]
    main(["order", "list", *where])
    assert "settings: all settings as in box.toml" in capsys.readouterr().out


def test_a_box_whose_chain_begins_anew_is_given_the_settings_again_that_it_took(centre: Centre, box: Box) -> None:
    """The newest that it accepted; none that it refused, and nothing while a newer one waits."""
    def order(voice: bool | None) -> None:
        order_settings(centre.store, "box-1", BoxSettings(voice=voice), 7, MORNING)

    def begin_anew(chain: str) -> None:
        again = Box(centre, chain=chain)
        again.signer, again.certificate = box.signer, box.certificate
        again.genesis()
        for _ in range(2):
            centre.collector().take(again.messages())

    def given() -> list[tuple[int, bool | None]]:
        with centre.store.read() as tx:
            return [(body.number, body.settings and body.settings.voice) for _, body in orders(tx)]

    begin_anew("01" * 16)
    assert given() == [], "none was ever ordered"
    for number, (voice, result) in enumerate(((True, "accepted"), (None, "accepted"), (False, "refused")), 1):
        order(voice)
        answer(centre, box, number, result, "" if result == "accepted" else "unclear")
    begin_anew("02" * 16)
    assert given()[3:] == [(4, None)] and messages(centre) == {"box-1": [4]}
    begin_anew("03" * 16)
    assert len(given()) == 4, "it waits still"
    answer(centre, box, 4)
    order(True)
    begin_anew("04" * 16)
    assert given()[4:] == [(5, True)]


def test_a_box_that_comes_later_is_told_once_of_a_key_whose_moment_was_moved(centre: Centre, box: Box) -> None:
    centre.desk().revoke("box-1", "lost")
    centre.desk().revoke("box-1", "stolen the day before", None, utc_text(MORNING - DAY))
    other = Box(centre, "box-2", chain="cd" * 16)
    other.genesis()
    centre.collector().take(other.messages())
    with centre.store.read() as tx:
        told = [body.revocation for _, body in orders(tx, "box-2")]
    assert told == [Revocation("box-1", (box.signer.keyid,), "lost")]


def test_every_box_is_told_of_a_revoked_one(
    centre: Centre, box: Box, capsys: pytest.CaptureFixture[str],
) -> None:
    other = Box(centre, "box-2", chain="cd" * 16)
    other.genesis()
    centre.collector().take(other.messages())
    where = ["--centre", str(centre.folder), "--lang", "en"]
    assert main(["box", "revoke", "box-2", "--reason", "stolen", *where]) == 0
    assert "of box-2 is believed no longer" in capsys.readouterr().out
    with centre.store.read() as tx:
        found = {body.device: (body.number, body.revocation) for _, body in orders(tx)}
    told = Revocation("box-2", (other.signer.keyid,), "stolen")
    assert found == {"box-1": (1, told), "box-2": (1, told)} and set(messages(centre)) == {"box-1", "box-2"}
    for name, reason, text in (("centre", "x", "centre"), ("box-8", "x", "box-8"), ("box-2", " ", "give a reason")):
        assert main(["box", "revoke", name, "--reason", reason, *where]) == 2
        assert text in capsys.readouterr().err
    main(["order", "list", "box-1", *where])
    assert "keys of box-2 revoked: stolen" in capsys.readouterr().out


def test_a_box_that_comes_later_or_forgot_is_told_of_a_revoked_one(centre: Centre, box: Box) -> None:
    """A new one never heard of it; one whose database was set back does not know any more."""
    stolen = Box(centre, "box-2", chain="cd" * 16)
    stolen.genesis()
    centre.collector().take(stolen.messages())
    centre.desk().revoke("box-2", "stolen")
    answer(centre, box, 1)
    assert set(messages(centre)) == {"box-2"}
    new = Box(centre, "box-3", chain="ef" * 16)
    new.genesis()
    forgot = Box(centre, "box-1", chain="01" * 16)
    forgot.signer, forgot.certificate = box.signer, box.certificate
    forgot.genesis()
    for _ in range(2):
        centre.collector().take([*new.messages(), *forgot.messages(), *box.messages()])
    assert messages(centre) == {"box-1": [2], "box-2": [1], "box-3": [1]}
    with centre.store.read() as tx:
        told = [body.revocation for _, body in orders(tx)]
    assert told == [Revocation("box-2", (stolen.signer.keyid,), "stolen")] * 4


def test_an_order_that_nobody_answered_in_time_is_told(
    centre: Centre, box: Box, capsys: pytest.CaptureFixture[str],
) -> None:
    order_upload(centre.store, "box-1", [HASHES[0]], None, 1, MORNING)
    assert main(["order", "list", "--centre", str(centre.folder), "--lang", "en"]) == 0
    assert "expired without an answer" in capsys.readouterr().out


def test_the_folder_is_named_when_it_is_no_centre(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["order", "list", "--centre", str(tmp_path / "none"), "--lang", "en"]) == 2
    assert "none" in capsys.readouterr().err


def test_no_number_that_a_box_invents_stops_orders_to_it_or_to_others(centre: Centre, box: Box) -> None:
    """The next number would have been none: nobody could be revoked any more, and the collector ended."""
    box.append(OrderAnswered("ab" * 32, 2**53 - 1, "accepted"), MORNING)
    other, collector = Box(centre, "box-2", "cd" * 16), centre.collector()
    other.genesis()
    collector.take([*box.messages(), *other.messages()])
    told = centre.desk().revoke("box-2", "stolen")
    assert told is not None
    again = Box(centre, chain="ef" * 16)
    again.genesis()
    assert len(collector.take(again.messages())) == 1
    with centre.store.read() as tx:
        assert [(body.device, body.number) for _, body in orders(tx)] == [("box-1", 1), ("box-2", 1)]


@pytest.mark.parametrize("chains, apart_us, times", [(25, DAY, 25), (90, DAY // 1440, 19)])
def test_a_box_that_begins_many_chains_is_told_again_what_holds_as_long_as_it_does_not_invent_them(
    centre: Centre, box: Box, clock: FixedClock, chains: int, apart_us: int, times: int
) -> None:
    """A box may be restored, and begin a chain, more than twenty times in its years: it must hear of revocations."""
    collector, other = centre.collector(), Box(centre, "box-2", "cd" * 16)
    other.genesis()
    collector.take(other.messages())
    centre.desk().revoke("box-2", "stolen")
    for number in range(1, chains + 1):
        clock.utc_us += apart_us
        box.chain, box.sealed = f"{number:032x}", []
        box.genesis(clock.utc_us)
        collector.take(box.messages())
        with centre.store.read() as tx:
            known = answers(tx, "box-1")
            waiting = [(sealed.hash, body.number) for sealed, body in orders(tx, "box-1")
                       if ("box-1", sealed.hash) not in known]
        for order_hash, number_of in waiting:
            box.append(OrderAnswered(order_hash, number_of, "accepted"), clock.utc_us)
        collector.take(box.messages())
    with centre.store.read() as tx:
        assert len(orders(tx, "box-1")) == times
