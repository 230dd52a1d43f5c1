"""What the box gathers for the decision: its own clock, the centre's word, plans, policies, findings."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import WrongVolume
from edge.storage import due
from edge.sync.centre import CERTIFICATE
from evidence.bodies import Alarm, Assessment, ClassOrder, Dispute, Hold, Hour, OrderAccepted, SegmentRemoved, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedFile, WantedUpload
from evidence.certs import fingerprint
from evidence.chain import next_record
from evidence.checkpoint import log_key, origin_of
from evidence.fold import fold
from evidence.receipts import peek_receipt, seal_receipt
from evidence.retention import Decision
from evidence.rules.finding import Finding
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, utc_text
from tests.edge.storage.conftest import OVER, START, MakeSite, Site

DAY = 24 * 60 * MINUTE


def decided(site: Site) -> tuple[Decision, ...]:
    return tuple(site.keeper.decisions(site.keeper.first()))


def codes(site: Site) -> list[str]:
    (decision,) = decided(site)
    return [reason.code for reason in decision.reasons]


def test_three_years_after_the_class_its_video_may_go(site: Site) -> None:
    site.film(0)
    site.receipt(site.clock.now)
    assert codes(site) == ["keep_until"]
    site.years_later()
    assert [one.action for one in decided(site)] == ["remove"]


def test_the_box_knows_the_key_of_its_centre_s_tree_once_the_certificate_came(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By it alone a checkpoint counts: at the box as at the centre and for an auditor."""
    key = log_key(origin_of(fingerprint(site.centre.root), "centre"), site.centre.key.public_key())
    logs: list[object] = []
    monkeypatch.setattr(due, "fold", lambda *args: logs.append(args[5]) or fold(*args))
    site.film(0)
    site.years_later()
    decided(site)
    assert logs == [key] and site.box.log() == key
    certificate = site.box.folder / "keys" / CERTIFICATE
    certificate.write_text(site.box.keys.certificate)
    assert site.box.log() is None, "a box is no centre"
    certificate.unlink()
    assert site.box.log() is None


def test_without_the_centre_no_clock_makes_anything_old(site: Site) -> None:
    site.film(0)
    site.receipt(START + 5 * MINUTE)
    site.clock.boot = "cd"  # Switched off, its clock set, and started again: no jump shows in the chain.
    site.clock.now, site.clock.mono = OVER, 10 * MINUTE
    assert codes(site) == ["keep_centre_time"]
    site.receipt(OVER)
    assert codes(site) == ["remove_over"]


def test_a_clock_that_is_not_set_or_was_moved_keeps_everything(site: Site) -> None:
    site.film(0)
    site.receipt(OVER)
    site.clock.now = OVER
    assert codes(site) == ["keep_clock_unsure"]
    site.clock.forward(MINUTE)
    site.box.store.append("alarm", Alarm("camera.silent", {"camera": "room"}))
    site.clock.forward(MINUTE)
    assert codes(site) == ["keep_clock_unsure"]
    site.clock.boot, site.clock.mono, site.clock.synced = "cd", MINUTE, False
    assert codes(site) == ["keep_clock_unsure"]
    site.clock.synced = True
    assert codes(site) == ["remove_over"]


def test_only_a_receipt_of_the_centre_of_this_chain_counts(site: Site) -> None:
    site.film(0)
    site.years_later()
    certificate = site.box.folder / "keys" / "centre.crt"
    own = certificate.read_text()
    certificate.write_text(site.centre.certify(site.centre.key.public_key(), "box-2"))
    assert codes(site) == ["keep_no_receipt", "keep_centre_time"]
    certificate.unlink()
    assert "keep_centre_time" in codes(site)
    certificate.write_text(own)
    assert codes(site) == ["remove_over"]
    forged = seal_receipt(peek_receipt(site.box.store.receipts()[-1]), KeySigner(Ed25519PrivateKey.generate()))
    site.box.store._db.execute("UPDATE meta SET value = ? WHERE key = 'receipt'", (forged.hex(),))
    assert codes(site) == ["keep_no_receipt", "keep_centre_time"]


def test_what_two_records_name_is_kept_in_whatever_order(site: Site) -> None:
    """The same bytes again, of a class whose time is not over, or of the same."""
    site.film(0)
    site.film(1)
    site.film(2, data=bytes([0]) * 1000)
    site.film(3, data=bytes([3]) * 1000, class_id="welding-2")
    site.film(4, data=bytes([3]) * 1000)
    site.years_later()
    assert [[reason.code for reason in one.reasons] for one in decided(site)] == [
        ["keep_twice"], ["remove_over"], ["keep_twice"], ["keep_no_plan", "keep_twice"], ["keep_twice"]]


def test_a_record_behind_the_last_receipt_is_kept(site: Site) -> None:
    site.film(0)
    seq = site.box.store.head().record.seq
    site.film(1)
    site.clock.forward(OVER - site.clock.now)
    site.receipt(OVER, seq)
    assert [one.action for one in decided(site)] == ["remove", "keep"]


def test_video_of_a_chain_before_goes_in_its_time_as_far_as_the_centre_has_its_record(site: Site) -> None:
    site.film(0)
    site.receipt(site.clock.now)
    site.film(1)
    site.box.store.begin_chain("set back to a backup")
    assert [one.action for one in decided(site)] == ["keep", "keep"]
    site.film(2)
    site.years_later()
    assert [one.action for one in decided(site)] == ["remove", "keep", "remove"]


def test_a_file_that_waits_to_be_sent_is_kept(make_site: MakeSite) -> None:
    site = make_site(sync='segments = "http://127.0.0.1:9"')
    segment = site.film(0)
    site.years_later()
    assert codes(site) == ["keep_not_sent"]
    site.box.store.mark_uploaded(segment.sha256)
    assert codes(site) == ["remove_over"]


def test_a_file_that_the_centre_has_because_it_asked_waits_where_all_is_sent(make_site: MakeSite) -> None:
    site = make_site(sync='segments = "http://127.0.0.1:9"')
    segment = site.film(0)
    site.years_later()
    site.box.store.mark_uploaded(segment.sha256, kept=False)
    assert codes(site) == ["keep_not_sent"]
    site.box.store.mark_uploaded(segment.sha256)
    assert codes(site) == ["remove_over"]


def test_where_only_wanted_files_are_sent_no_other_waits(make_site: MakeSite) -> None:
    site = make_site(sync='segments = "http://127.0.0.1:9"\nupload = "asked"')
    segment, store = site.film(0), site.box.store
    site.years_later()
    assert codes(site) == ["remove_over"]
    files = (WantedFile(store.records_of("segment")[0].record.seq, segment.sha256),)
    body = BoxOrder(site.box.config.device, 1, utc_text(OVER), "upload", WantedUpload(store.chain, files))
    record = next_record(store.head(), device=site.box.config.device, chain=store.chain, type="order.box",
                         body=encode(body), stamp=site.box.clock.stamp())
    order = seal_record(record, KeySigner(site.box.keys.device))
    store.answer(order, OrderAnswered(order.hash, 1, "accepted"), [segment.sha256])
    assert "keep_not_sent" in codes(site)
    store.mark_uploaded(segment.sha256)
    assert "keep_not_sent" not in codes(site)


def test_a_run_that_is_still_written_or_unrecovered_is_kept(site: Site) -> None:
    site.film(0)
    site.years_later()
    journal = site.box.video / "journal" / "r-1.jsonl"
    journal.touch()
    assert codes(site) == ["keep_unfinished"]
    journal.unlink()
    assert codes(site) == ["remove_over"]


def test_another_version_of_the_policy_does_not_count(site: Site) -> None:
    site.film(0)
    site.box.store.put_order(site.centre.order(2, policy="0" * 64))
    site.years_later()
    assert codes(site) == ["keep_no_period"]


def test_what_is_removed_is_gone(site: Site) -> None:
    gone = site.film(0)
    site.box.store.append("segment.removed", SegmentRemoved(gone.sha256, "R7", "box box-1"))
    site.years_later()
    assert [(one.action, one.reasons[0].code) for one in decided(site)] == [("gone", "removed_already")]


def test_video_of_no_class_goes_after_the_years_of_the_box_s_own_policy(site: Site) -> None:
    site.clock.forward(30 * DAY)
    site.film(0, class_id=None)
    site.years_later()
    assert site.keeper.any_due() and codes(site) == ["keep_until"], "the years of the class are over, not its own"
    site.clock.forward(30 * DAY)
    site.receipt(site.clock.now)
    assert codes(site) == ["remove_over"]


def test_video_of_no_class_is_held_with_a_class_whose_it_may_be(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.film(0, class_id=None)
    site.years_later()
    flag = Finding("R3", "三 二(三)2", "violated", True, (), ())
    monkeypatch.setattr(due, "findings", lambda *_: (flag,))
    assert codes(site) == ["held_flag"]
    monkeypatch.setattr(due, "findings", lambda *_: ())
    assert codes(site) == ["remove_over"]


def test_a_proposed_consequence_holds_the_video(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.film(0)
    site.years_later()
    flag = Finding("R3", "三 二(三)2", "violated", True, (), ())
    monkeypatch.setattr(due, "findings", lambda *_: (flag,))
    assert codes(site) == ["held_flag"]
    monkeypatch.setattr(due, "findings", lambda *_: (dataclasses.replace(flag, flag=False),))
    assert codes(site) == ["remove_over"]


def test_what_comes_to_be_free_while_decisions_are_made_waits_until_it_is_asked_what_holds_it(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(sync='segments = "http://127.0.0.1:9"')
    segment = site.film(0)
    site.years_later()
    flag = Finding("R3", "三 二(三)2", "violated", True, (), ())
    monkeypatch.setattr(due, "findings", lambda *_: (flag,))
    found = site.keeper.decisions(site.keeper.first())
    site.box.store.mark_uploaded(segment.sha256)
    assert [one.action for one in found if one.action == "remove"] == []
    assert codes(site) == ["held_flag"]


def test_nothing_is_decided_over_a_volume_that_is_not_there(site: Site, tmp_path: Path) -> None:
    site.film(0)
    first = site.keeper.first()
    site.box.video.rename(tmp_path / "away")
    site.box.video.mkdir()
    with pytest.raises(WrongVolume):
        site.keeper.decisions(first)


def test_a_class_that_nobody_has_reviewed_yet_is_held_by_its_own_findings(site: Site) -> None:
    """Three half-days of which one minute was recorded: the rules of the box itself leave it to a review."""
    site.film(0)
    site.centre.head = site.centre.order(2)
    order = body_of(site.centre.head.record)
    assert isinstance(order, ClassOrder)
    hours = tuple(Hour(f"h-{day}", "theory", f"2026-03-0{day}T00:40:00.000000Z", f"2026-03-0{day}T01:25:00.000000Z")
                  for day in (2, 3, 4))
    longer = site.centre.record("order.class", dataclasses.replace(order, number=3, hours=hours))
    site.box.store.put_order(longer)
    site.box.store.append("order.accepted", OrderAccepted(order.class_id, longer.hash))
    site.clock.forward(OVER + 2 * 24 * 60 * MINUTE - site.clock.now)
    site.receipt(site.clock.now)
    assert codes(site) == ["held_review"]


def test_an_assessment_and_the_end_of_a_dispute_begin_the_years_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.edge.sync.conftest.SystemClock", lambda: site.clock)
    site.film(0)
    site.years_later()
    assert codes(site) == ["remove_over"]
    site.box.store.put_order(site.centre.record("assessment", Assessment("welding-2", utc_text(OVER))))
    assert codes(site) == ["remove_over"]
    site.centre.head = site.centre.record("assessment", Assessment("welding-1", utc_text(START + 30 * DAY)))
    site.box.store.put_order(site.centre.head)
    assert codes(site) == ["keep_until"]
    site.clock.forward(31 * DAY)
    site.receipt(site.clock.now)
    assert codes(site) == ["remove_over"]
    site.centre.head = site.centre.record("dispute", Dispute("welding-1", "d-1", "opened", "x"))
    site.box.store.put_order(site.centre.head)
    assert codes(site) == ["held_dispute"]
    site.centre.head = site.centre.record("dispute", Dispute("welding-1", "d-1", "closed", "x"))
    site.box.store.put_order(site.centre.head)
    assert codes(site) == ["keep_until"]


def test_a_hold_keeps_what_is_over_until_it_is_lifted_and_begins_nothing_anew(site: Site) -> None:
    site.film(0)
    site.years_later()
    site.box.store.put_order(site.centre.record("hold", Hold("welding-2", "h-1", "placed", "x")))
    assert codes(site) == ["remove_over"]
    for state, expected in (("placed", ["held_hold"]), ("lifted", ["remove_over"])):
        site.centre.head = site.centre.record("hold", Hold("welding-1", "h-1", state, "x"))
        site.box.store.put_order(site.centre.head)
        assert codes(site) == expected
