"""Revoked keys: what a stolen key signed is not believed, whatever date it bears; what was receipted before it is."""
from __future__ import annotations

import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import DeviceRevoked, SessionCorrected, SessionStart
from evidence.fold import fold
from evidence.receipts import Receipt, by_chain
from evidence.records import Record
from evidence.revoked import believed, cuts
from evidence.rules import Finding, findings
from evidence.times import MINUTE, utc_text
from tests.evidence.course import Course, at, codes, sha

DAYS = ("2026-03-02", "2026-03-03")
STOLEN = f"{DAYS[0]} 20:00"
AS_OF = at("2026-04-01 00:00")


def course(film_second: bool = True) -> Course:
    """Two days of theory, both recorded in full."""
    made = Course()
    for day in DAYS[:2]:
        made.half_day(day, "am", "theory")
    made.order()
    for day in DAYS[:1 + film_second]:
        made.film(f"{day} 07:58", "09:42")
    return made


def receipt(record: Record, when: str, up_to: int | None = None) -> Receipt:
    number = record.seq if up_to is None else up_to
    return Receipt(1, "centre", record.device, record.chain, number, sha("head"), 0, utc_text(at(when)))


def last_before(made: Course, when: str, device: str = "box-1") -> Record:
    return max((r for r in made.records if r.device == device and r.utc_us < at(when)), key=lambda r: r.seq)


def revoke(made: Course, untrusted_from: str | None, when: str = "2026-03-10 12:00", device: str = "box-1") -> Record:
    since = None if untrusted_from is None else utc_text(at(untrusted_from))
    return made.centre.add("device.revoked", DeviceRevoked(device, sha(device), "stolen", since), at(when))


def judged(made: Course, receipts: list[Receipt]) -> dict[str, Finding]:
    told = made.records
    story = fold(told, "c-1", made.policy, receipts=by_chain(receipts))
    return {one.rule: one for one in findings(story, made.policy, AS_OF)}


def test_without_a_revocation_nothing_is_cut_and_nothing_is_said() -> None:
    made = course()
    assert cuts(made.records, []) == {}
    assert "keys" not in judged(made, [])


def test_what_was_receipted_before_the_theft_stands_and_the_rest_is_undecided() -> None:
    made = course()
    before = last_before(made, STOLEN)
    assert judged(made, [])["R1"].result == "satisfied"
    revoke(made, STOLEN)
    found = judged(made, [receipt(before, f"{DAYS[0]} 10:00"), receipt(made.records[-1], f"{DAYS[1]} 10:00", 999)])
    assert found["R1"].result == "open"
    assert codes(found["keys"]) == ["key_revoked"] and found["keys"].result == "open" and not found["keys"].flag
    beyond = sum(r.device == "box-1" and r.seq > before.seq for r in made.records)
    said = {"device": "box-1", "since": f"{STOLEN}:00", "count": beyond}
    assert beyond > 1 and found["keys"].reasons[0].params == said
    assert "doubt_revoked" in codes(found["clock"])


def test_a_receipt_of_a_clock_that_was_set_back_after_the_theft_does_not_help_the_thief() -> None:
    """Somebody vouched for a clock that was behind, and the film of the morning was made up at night. That clock alone
    shows nothing (docs/evidence.md says so); an earlier receipt of the chain that says it was night does."""
    made = course(film_second=False)
    box = [record for record in made.records if record.device == "box-1"]
    revoke(made, STOLEN)
    honest, night = receipt(box[1], f"{DAYS[0]} 07:00"), receipt(box[2], f"{DAYS[0]} 21:00")
    slow = receipt(box[-1], f"{DAYS[0]} 12:00")

    def lost(*given: Receipt) -> object:
        return judged(made, list(given))["keys"].reasons[0].params["count"]

    assert lost(honest, slow) == 0
    assert lost(honest, night, slow) == box[-1].seq - 1, "what was receipted before that stands"
    early = {slow: at(f"{DAYS[0]} 19:00")}
    (cut,) = cuts(made.records, [slow], early).values()
    assert cut.first == box[-1].seq + 1, "either time is before the theft"


def test_a_receipt_of_the_moment_itself_or_later_proves_nothing() -> None:
    made = course()
    before = last_before(made, STOLEN)
    revoke(made, STOLEN)
    (cut,) = cuts(made.records, [receipt(before, STOLEN)]).values()
    assert cut.first == 0
    assert judged(made, [receipt(before, STOLEN)])["R1"].result == "open"


def test_without_a_moment_only_what_comes_after_the_revocation_is_lost() -> None:
    made = course()
    last = last_before(made, "2026-03-09 00:00")
    revoke(made, None, "2026-03-10 12:00")
    assert judged(made, [receipt(last, "2026-03-04 11:59")])["R1"].result == "satisfied"
    assert judged(made, [receipt(last, "2026-03-10 12:01")])["R1"].result == "open"


def test_a_moment_after_the_revocation_is_that_of_the_revocation_and_the_earlier_of_two_counts() -> None:
    made = course()
    last = last_before(made, "2026-03-09 00:00")
    revoke(made, "2026-03-20 00:00", "2026-03-10 12:00")
    (cut,) = cuts(made.records, [receipt(last, "2026-03-15 00:00")]).values()
    assert cut.first == 0 and cut.since_us == at("2026-03-10 12:00")
    revoke(made, STOLEN, "2026-03-11 12:00")
    revoke(made, None, "2026-03-12 12:00")
    (cut,) = cuts(made.records, []).values()
    assert cut.since_us == at(STOLEN) and len(cut.said) == 3


def test_a_thief_cannot_move_what_stands() -> None:
    """A believed session stays what it is, whatever a later record under the stolen key says of it."""
    made = course()
    box = made.boxes["box-1"]
    before = box.add("session.start", SessionStart("c-1", "s-9", "button"), at(f"{DAYS[1]} 12:00"))
    box.add("session.corrected", SessionCorrected("c-2", "c-1", "s-9", "x", "page"), at(f"{DAYS[1]} 12:03"))
    believing = fold(made.records, "c-1", made.policy)
    revoke(made, f"{DAYS[1]} 12:02")
    story = fold(made.records, "c-1", made.policy, receipts=by_chain([receipt(before, f"{DAYS[1]} 12:01")]))
    assert (len(believing.corrections), believing.sessions) == (1, ())
    assert story.corrections == () and [one.session for one in story.sessions] == ["s-9"]


def test_nobody_but_a_centre_revokes_and_only_the_key_that_it_names() -> None:
    made = course()
    body = DeviceRevoked("box-1", sha("box-1"), "x", None)
    made.boxes["box-1"].add("device.revoked", body, at("2026-03-10 12:00"))
    made.centre.add("device.revoked", dataclasses.replace(body, keyid=sha("other")), at("2026-03-10 12:00"))
    made.centre.add("device.revoked", dataclasses.replace(body, device="box-9"), at("2026-03-10 12:00"))
    made.centre.add("device.revoked", DeviceRevoked("centre", sha("centre"), "x"), at("2026-03-10 12:00"))
    made.centre.add("device.revoked", {"device": "box-1", "keyid": "x"}, at("2026-03-10 12:00"))
    assert cuts(made.records, []) == {}


def test_a_class_that_filmed_nothing_after_the_theft_is_not_judged_past_it() -> None:
    made = course(film_second=False)
    before = last_before(made, STOLEN)
    revoke(made, STOLEN)
    found = judged(made, [receipt(before, f"{DAYS[0]} 10:00")])
    assert found["R1"].result == "open"
    assert "hour_awaited" in codes(found["R1"])


@given(st.integers(0, 60), st.integers(-60, 60), st.randoms(use_true_random=False))
def test_what_is_believed_is_a_beginning_of_the_chain_that_grows_with_earlier_receipts(
    up_to: int, minutes: int, shuffle: random.Random
) -> None:
    made = course()
    revoke(made, STOLEN)
    records = made.records
    shuffle.shuffle(records)
    box = next(record for record in records if record.device == "box-1")
    given_us = at(STOLEN) + minutes * MINUTE
    one = dataclasses.replace(receipt(box, STOLEN, up_to), time=utc_text(given_us))
    known = cuts(records, [one])
    numbers = sorted(record.seq for record in records if record.device == "box-1" and believed(record, known))
    wanted = up_to if given_us < at(STOLEN) else -1
    assert numbers == [seq for seq in range(1 + max(r.seq for r in records if r.device == "box-1")) if seq <= wanted]
    assert all(believed(record, known) for record in records if record.device != "box-1")


def test_a_moment_that_does_not_exist_is_no_revocation() -> None:
    """No centre appends one: it is refused with the body that holds it."""
    made = course()
    body = DeviceRevoked("box-1", sha("box-1"), "x", "2026-02-30T00:00:00.000000Z")
    made.centre.add("device.revoked", body, at("2026-03-10 12:00"))
    assert cuts(made.records, []) == {}
