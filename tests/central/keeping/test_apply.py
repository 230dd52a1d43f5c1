"""What a centre removes: nothing before its time, nothing without a certificate that somebody else saw, all that may
go; and no cut loses count."""
from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from central.alone import alone
from central.bucket.errors import BucketAway
from central.classes.holds import lift_hold, place_hold
from central.classes.objections import handle_objection, raise_objection
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import close_dispute, open_dispute, state_assessment
from central.classes.stories import Stories
from central.cli import main
from central.keeping import apply, beside
from central.keeping.beside import turn
from central.keeping.now import HEARD_DAYS, centre_now, witnessed_size
from central.keeping.words import until_words
from central.orders.boxes import lacking
from central.overview.name_keys import NameKeys
from central.overview.worker import Worker
from central.store.bucketed import Bucketed
from central.store.cached import CachedFile
from central.wiring import open_centre
from evidence.bodies import SegmentRemoved, SessionCorrected, VideoRemoved, body_as, body_of
from evidence.checkpoint import Checkpoint, Stated, seen_of, sign_checkpoint
from evidence.records import ClockState
from evidence.times import MINUTE, SECOND, utc_text
from tests.central.helpers import MORNING, PLAN, Box, segment_of, write_plan
from tests.central.keeping.conftest import CLASS, DAY, FILES, UNTIL, Keeping

KILLED = """
import os, signal, sys
from pathlib import Path
from central.objects import Objects
from central.wiring import open_centre
from tests.central.helpers import FixedClock
centre = open_centre(Path(sys.argv[1]), FixedClock(int(sys.argv[2])))
if sys.argv[3] == "before": Objects.drop = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    drop = Objects.drop
    Objects.drop = lambda *of: (drop(*of), os.kill(os.getpid(), signal.SIGKILL))
centre.remover().apply()
"""


def certificates(keeping: Keeping) -> list[VideoRemoved]:
    with keeping.centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("video.removed")]
    return [body for body in bodies if isinstance(body, VideoRemoved)]


def test_before_its_time_nothing_goes_and_nothing_is_certified(keeping: Keeping) -> None:
    keeping.clock.utc_us = UNTIL - 1
    keeping.seen()
    assert keeping.codes() == ["keep_until"] and keeping.remover.apply() == apply.Done()
    assert keeping.here() == [0, 1, 2] and certificates(keeping) == []


def test_the_certificate_comes_first_and_the_file_goes_when_somebody_else_saw_it(keeping: Keeping) -> None:
    keeping.over()
    assert keeping.codes() == ["remove_over"]
    assert keeping.remover.apply("wang") == apply.Done(certified=3)
    (body,) = certificates(keeping)
    assert body.class_id == CLASS and body.by == "wang" and keeping.here() == [0, 1, 2]
    assert [(one.segment, one.until) for one in body.files] == [
        (sha256, utc_text(UNTIL)) for sha256 in sorted(keeping.shas)]
    assert keeping.remover.apply() == apply.Done(waiting=3) and keeping.here() == [0, 1, 2]
    keeping.seen()
    assert keeping.remover.apply() == apply.Done(removed=3, removed_bytes=sum(map(len, FILES)))
    assert keeping.here() == [] and len(certificates(keeping)) == 1
    with keeping.centre.store.read() as tx:
        assert lacking(tx, "box-1", CLASS) == {}, "what was removed here is not ordered again"
    assert keeping.remover.apply() == apply.Done() and keeping.codes() == []


def test_a_witness_is_as_good_as_a_box_and_an_old_one_is_none(keeping: Keeping) -> None:
    keeping.clock.utc_us = UNTIL + DAY
    stated = keeping.centre.checkpoint()

    def cosigned(size: int, at_us: int) -> None:
        with keeping.centre.store.write() as tx:
            tx.put_cosignature(size, "w.example", at_us // SECOND, "—")

    cosigned(stated.checkpoint.size, UNTIL - DAY)
    assert keeping.codes() == ["keep_no_witness"] and keeping.remover.apply() == apply.Done()
    keeping.box.append(SegmentRemoved("ab" * 32, "x", "y"), MORNING + 60 * MINUTE)
    keeping.take()
    cosigned(keeping.centre.checkpoint().checkpoint.size, UNTIL + DAY)
    assert keeping.remover.apply().certified == 3
    cosigned(keeping.centre.checkpoint().checkpoint.size, UNTIL + DAY)
    assert keeping.remover.apply().removed == 3


def test_a_clock_that_somebody_sets_years_ahead_removes_nothing(keeping: Keeping) -> None:
    keeping.seen(MORNING + 60 * MINUTE)
    keeping.clock.utc_us = UNTIL + 5 * 365 * DAY
    keeping.seen(MORNING + 61 * MINUTE)  # the centre signs its false time, and the box has its own
    assert keeping.codes() == ["keep_no_witness"] and keeping.remover.apply() == apply.Done()


def cosigned(keeping: Keeping, witness: str, at_us: int) -> None:
    """A witness signs the newest checkpoint, of a tree that grew."""
    keeping.box.append(SegmentRemoved("ab" * 32, "x", "y"), MORNING + 60 * MINUTE)
    keeping.take()
    size = keeping.centre.checkpoint().checkpoint.size
    with keeping.centre.store.write() as tx:
        tx.put_cosignature(size, witness, at_us // SECOND, "—")


def test_one_false_witness_outvotes_neither_a_true_one_nor_a_box(keeping: Keeping) -> None:
    cosigned(keeping, "true.example", MORNING + DAY)
    keeping.clock.utc_us = UNTIL + DAY
    cosigned(keeping, "false.example", UNTIL + DAY)
    assert keeping.codes() == ["keep_no_witness"] and keeping.remover.apply() == apply.Done()
    cosigned(keeping, "true.example", UNTIL + DAY)
    assert keeping.codes() == ["remove_over"]
    keeping.seen(MORNING + 61 * MINUTE)
    assert keeping.codes() == ["keep_no_witness"], "a box says that it is 2026"
    keeping.seen(UNTIL + DAY)
    assert keeping.codes() == ["remove_over"]


def test_who_is_gone_for_good_holds_nothing_up(keeping: Keeping) -> None:
    cosigned(keeping, "gone.example", MORNING + DAY)
    keeping.clock.utc_us = UNTIL + DAY
    cosigned(keeping, "here.example", keeping.clock.utc_us)
    for _ in range(HEARD_DAYS - 2):
        keeping.clock.utc_us += DAY
        cosigned(keeping, "here.example", keeping.clock.utc_us)
        assert keeping.codes() == ["keep_no_witness"]
    keeping.clock.utc_us += DAY
    cosigned(keeping, "here.example", keeping.clock.utc_us)
    assert keeping.codes() == ["remove_over"]


@pytest.mark.parametrize("state", [ClockState(False, 0, "kernel", 1), ClockState(True, 0, "simulated", 60)])
def test_a_clock_that_is_not_sure_removes_nothing(keeping: Keeping, state: ClockState) -> None:
    keeping.over()
    keeping.clock.clock = state
    assert keeping.codes() == ["keep_own_clock"] and keeping.remover.apply() == apply.Done()


def test_a_clock_behind_what_was_signed_removes_nothing(keeping: Keeping) -> None:
    keeping.over()
    keeping.clock.utc_us += 100 * DAY
    keeping.seen()
    keeping.clock.utc_us = UNTIL + DAY
    assert keeping.codes() == ["keep_clock_behind"]


def test_the_word_of_a_box_that_is_denied_or_whose_clock_is_not_set_is_none(keeping: Keeping) -> None:
    keeping.clock.utc_us = UNTIL + DAY
    keeping.box.clock = ClockState(False, 0, "kernel", 1)
    keeping.seen()
    assert "keep_no_witness" in keeping.codes()
    other = Box(keeping.centre, "box-2", "cd" * 16)
    other.genesis(UNTIL)
    other.append(seen_of(keeping.centre.checkpoint(), keeping.centre.store.log), UNTIL + DAY)
    keeping.centre.collector().take(other.messages())

    def now() -> tuple[int | None, int]:
        with keeping.centre.store.read() as tx:
            told = centre_now(keeping.centre.store, tx, keeping.clock, True)
            return told.witness_us, witnessed_size(keeping.centre.store, tx)

    assert now()[0] == UNTIL + DAY
    with keeping.centre.store.write() as tx:
        for device in ("box-1", "box-2"):
            for keyid in tx.keys_of(device):
                tx.deny(keyid, device)
    assert now() == (None, 0)


def test_what_holds_a_class_keeps_it_and_what_begins_the_years_anew_does(keeping: Keeping) -> None:
    store = keeping.centre.store
    keeping.over()
    place_hold(store, CLASS, "case 114")
    open_dispute(store, CLASS, "why")
    raise_objection(store, CLASS, "school", None, "no", "school")
    assert keeping.codes() == ["held_dispute", "held_hold", "held_objection"]
    assert keeping.remover.apply() == apply.Done()
    lift_hold(store, CLASS, "judged", None)
    handle_objection(store, CLASS, "o-1", "rejected", "no", "wang")
    assert keeping.codes() == ["keep_until", "held_dispute"], "the end of its dispute begins the years anew"
    close_dispute(store, CLASS, "settled", None)
    assert keeping.codes() == ["keep_until"]
    keeping.clock.utc_us += 3 * 366 * DAY
    keeping.seen()
    assert keeping.codes() == ["remove_over"]
    state_assessment(store, CLASS, "2032-03-04", keeping.clock.utc_us)
    assert keeping.codes() == ["keep_until"]


def test_people_are_told_all_that_holds_a_class_whatever_else_keeps_it(keeping: Keeping) -> None:
    store = keeping.centre.store
    place_hold(store, CLASS, "case 114")
    raise_objection(store, CLASS, "school", None, "no", "school")  # opens a dispute
    held = ["held_dispute", "held_hold", "held_objection"]
    assert keeping.codes() == ["keep_until", *held], "before its time"
    centre = keeping.centre
    stories = Stories(store, keeping.clock)
    Worker(store, centre.names, NameKeys(centre.keys.names_key), keeping.clock, stories).catch_up(60)
    with store.read() as tx:
        known = tx.summary(CLASS)
    assert known is not None and known.judged_leaf >= known.touched_leaf
    assert keeping.codes() == ["keep_until", *held], "also by what the overview knows"
    keeping.over()
    keeping.clock.clock = ClockState(False, 0, "kernel", 1)
    assert keeping.codes() == ["keep_own_clock", *held], "also where nobody knows the time"
    (kept,) = keeping.remover.plan().classes
    assert until_words(kept, None, "en") == "not before Mar 2, 2029; 3 years after the dispute ends"
    handle_objection(store, CLASS, "o-1", "rejected", "no", "wang")
    (kept,) = keeping.remover.plan().classes
    assert until_words(kept, None, "en") == "Mar 3, 2032"


def test_a_hold_between_certificate_and_removal_keeps_the_file(keeping: Keeping) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    place_hold(keeping.centre.store, CLASS, "case 114")
    assert keeping.remover.apply() == apply.Done(stay=3) and keeping.here() == [0, 1, 2]
    lift_hold(keeping.centre.store, CLASS, "judged", None)
    assert keeping.remover.apply() == apply.Done(certified=3), "and it is certified anew"


def test_what_only_lies_in_the_cache_and_what_an_unset_clock_filmed_for_no_class_stays(keeping: Keeping) -> None:
    with keeping.centre.store.write() as tx:
        tx.put_cached(CachedFile(keeping.shas[0], "file", len(FILES[0]), MORNING))
    was, keeping.box.clock = keeping.box.clock, ClockState(False, 1, "kernel", 1)
    keeping.film(b"nobody's", 9, class_id=None)  # type: ignore[arg-type]
    keeping.box.clock = was
    keeping.over()
    assert sorted(keeping.codes()) == ["keep_time_uncertain", "remove_over"]
    assert keeping.remover.apply().certified == 2


def test_video_of_no_class_goes_after_the_longest_years_of_any_policy_with_a_certificate(keeping: Keeping) -> None:
    """It was filmed on the day of a class of its box: it is kept as long as that."""
    keeping.film(b"nobody's", 9, class_id=None)  # type: ignore[arg-type]
    assert sorted(keeping.codes()) == ["keep_until", "keep_until"]
    keeping.over()
    place_hold(keeping.centre.store, CLASS, "case 114")
    assert sorted(keeping.codes()) == ["held_hold", "held_hold"]
    lift_hold(keeping.centre.store, CLASS, "judged", None)
    assert keeping.remover.apply().certified == 4
    with keeping.centre.store.read() as tx:
        said = [body for one in tx.of_type("video.removed") if (body := body_as(one.record, VideoRemoved))]
    assert sorted((body.class_id or "", len(body.files)) for body in said) == [("", 1), (CLASS, 3)]
    assert {body.policy for body in said} == {said[0].policy}
    keeping.seen()
    assert keeping.remover.apply().removed == 4 and not keeping.centre.objects.has(keeping.shas[3])


def test_the_years_of_video_of_no_class_count_from_when_the_centre_had_it(keeping: Keeping) -> None:
    keeping.clock.utc_us += 30 * DAY
    keeping.film(b"nobody's", 9, class_id=None)  # type: ignore[arg-type]
    keeping.over()
    assert sorted(keeping.codes()) == ["keep_until", "remove_over"]
    keeping.clock.utc_us += 30 * DAY
    keeping.seen()
    assert sorted(keeping.codes()) == ["remove_over", "remove_over"]


def test_a_hold_that_is_placed_on_a_class_whose_it_may_be_keeps_what_was_certified(keeping: Keeping) -> None:
    keeping.film(b"nobody's", 9, class_id=None)  # type: ignore[arg-type]
    keeping.over()
    assert keeping.remover.apply().certified == 4
    keeping.seen()
    place_hold(keeping.centre.store, CLASS, "case 114")
    done = keeping.remover.apply()
    assert (done.removed, done.stay) == (0, 4) and keeping.here() == [0, 1, 2, 3]


def another_class(keeping: Keeping, tmp_path: Path) -> None:
    """`cook-1`, a year later in the same room."""
    plan, names = write_plan(tmp_path, PLAN.replace("welder-1", "cook-1").replace("2026-", "2027-"))
    add_class(keeping.centre.store, keeping.centre.names, read_plan(plan), read_names(names), plan)


def test_the_same_bytes_of_another_class_stay_as_long_as_that_one_keeps_them(keeping: Keeping, tmp_path: Path) -> None:
    another_class(keeping, tmp_path)
    keeping.film(FILES[0], 5, "cook-1", MORNING + 365 * DAY, "r-2")
    keeping.over()
    assert sorted(keeping.codes()) == ["keep_until", "keep_until", "remove_over"]
    assert keeping.remover.apply().certified == 2
    assert {one.segment for one in certificates(keeping)[0].files} == set(keeping.shas[1:3])


def test_a_session_that_was_put_right_is_certified_to_both_classes(keeping: Keeping, tmp_path: Path) -> None:
    another_class(keeping, tmp_path)
    keeping.box.append(SessionCorrected("cook-1", CLASS, "s-1", "the wrong class", "page"), MORNING + 20 * MINUTE)
    keeping.take()
    keeping.over()
    assert keeping.codes() == ["keep_until"]
    keeping.clock.utc_us += 366 * DAY
    keeping.seen()
    assert set(keeping.codes()) == {"remove_over"}, "whether a correction counts is not asked"
    keeping.remover.apply()
    assert [one.class_id for one in certificates(keeping)] == ["cook-1", CLASS]


def test_a_file_that_somebody_changed_is_evidence_of_that(keeping: Keeping) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    path = keeping.centre.objects.path(keeping.shas[1])
    path.chmod(0o600)
    path.write_bytes(b"something else")
    done = keeping.remover.apply()
    assert (done.removed, done.changed) == (2, 1) and path.read_bytes() == b"something else"


def test_what_was_put_aside_of_a_file_ends_with_its_video(keeping: Keeping) -> None:
    """Of one that lies here whole with its certificate, of one of which nothing else is left when its time is over."""
    objects, (here, gone, _) = keeping.centre.objects, keeping.shas
    (objects.folder / "aside").mkdir()
    for sha256 in (here, gone, "ab" * 32):
        (objects.folder / "aside" / f"{sha256}.1").write_bytes(b"spoilt")
    objects.drop(gone)
    with keeping.centre.store.write() as tx:
        tx.mark_gone(gone)
    keeping.remover.apply()
    assert len(objects.aside()) == 3
    keeping.over()
    keeping.remover.apply()
    assert objects.aside(here), "not before somebody else saw the certificate"
    keeping.seen()
    keeping.remover.apply()
    assert objects.aside() == [f"{'ab' * 32}.1"], "what no record names is not ours to remove"


def test_a_class_that_lacks_records_is_not_judged_and_stays(keeping: Keeping) -> None:
    lost = keeping.box.append(SegmentRemoved("ab" * 32, "x", "y"), MORNING + 50 * MINUTE)
    keeping.box.append(SegmentRemoved("cd" * 32, "x", "y"), MORNING + 51 * MINUTE)
    keeping.box.sealed.remove(lost)
    keeping.take()
    keeping.clock.utc_us = UNTIL + DAY
    with keeping.centre.store.write() as tx:
        tx.put_cosignature(1, "w.example", (UNTIL + DAY) // SECOND, "—")
    assert keeping.codes() == ["held_unjudged"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_is_killed_goes_on(keeping: Keeping, when: str) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    folder = keeping.centre.folder
    done = subprocess.run([sys.executable, "-c", KILLED, folder, str(keeping.clock.utc_us), when], check=False,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == -signal.SIGKILL
    with keeping.centre.store.read() as tx:
        (going,) = [one for one in tx.removals() if one.going]
        assert not any(one.stored for one in tx.announced(going.sha256)), "from then on it is not here"
    assert keeping.remover.apply().removed == 2 and keeping.here() == []
    with keeping.centre.store.read() as tx:
        assert tx.removals() == []


def test_what_was_made_of_a_file_goes_with_it(keeping: Keeping) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    copy = keeping.centre.derived.path(keeping.shas[0])
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(b"made of it")
    keeping.centre.cache.made(keeping.shas[0], 10, MORNING)
    assert keeping.remover.apply().removed == 3 and not copy.exists()
    with keeping.centre.store.read() as tx:
        assert tx.cached() == []


def test_the_commands_tell_what_stays_and_what_went(
    keeping: Keeping, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: keeping.clock)

    def run(*args: str, lang: str = "en") -> tuple[int, str]:
        rc = main(["--lang", lang, "keep", *args, "--centre", str(keeping.centre.folder)])
        said = capsys.readouterr()
        return rc, said.out + said.err

    rc, said = run("plan")
    assert rc == 0 and "it must be kept until Mar 2, 2029" in said and "May go: 0 files" in said
    assert run("apply")[1] == "Nothing may go now.\n"
    keeping.over()
    rc, said = run("plan", CLASS)
    assert "may go" in said and "May go: 3 files" in said and keeping.here() == [0, 1, 2]
    assert "可删除" in run("plan", lang="zh")[1]
    assert '"action": "remove"' in run("plan", "--json")[1] and keeping.shas[0] in run("plan", "--json")[1]
    assert run("plan", "none")[0] == 2
    assert "for 3 more files" in run("apply")[1] and "Waiting" in run("apply")[1]
    keeping.seen()
    with alone(keeping.centre.folder, "keeping"):
        assert run("apply")[0] == 2
    assert run("apply")[1].startswith("Removed: 3 files") and keeping.here() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hold_that_comes_after_a_kill_keeps_what_is_whole_still(keeping: Keeping, when: str) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    folder = keeping.centre.folder
    subprocess.run([sys.executable, "-c", KILLED, folder, str(keeping.clock.utc_us), when], check=False,
                   env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    place_hold(keeping.centre.store, CLASS, "case 114")
    done = keeping.remover.apply()
    assert len(keeping.here()) == (3 if when == "before" else 2) and done.removed == 0
    lift_hold(keeping.centre.store, CLASS, "judged", None)
    keeping.remover.apply()
    keeping.seen()
    keeping.remover.apply()
    assert keeping.here() == []


def test_what_somebody_changed_after_a_kill_is_evidence_of_that(keeping: Keeping) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    with keeping.centre.store.write() as tx:
        tx.begin_going(keeping.shas[0])
    path = keeping.centre.objects.path(keeping.shas[0])
    path.chmod(0o600)
    path.write_bytes(b"something else")
    keeping.remover.settle()
    assert path.read_bytes() == b"something else"


def test_a_hold_that_comes_while_it_is_settled_is_not_overrun(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    with keeping.centre.store.write() as tx:
        tx.begin_going(keeping.shas[0])
    whole = apply.Remover._whole

    def late(self: apply.Remover, one: Any) -> bool:
        place_hold(keeping.centre.store, CLASS, "case 114")
        return whole(self, one)

    with monkeypatch.context() as patch:
        patch.setattr(apply.Remover, "_whole", late)
        keeping.remover.settle()
    assert keeping.centre.objects.has(keeping.shas[0])
    keeping.remover.settle()
    assert keeping.here() == [0, 1, 2]


def test_the_console_removes_once_a_day_where_the_configuration_says_so(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: keeping.clock)
    monkeypatch.setattr("os.nice", lambda _: 0)
    keeping.over()
    folder = keeping.centre.folder
    assert not open_centre(folder).config.keeping.remove, "nothing goes unless somebody said so"
    assert turn(folder) and len(certificates(keeping)) == 1
    keeping.seen()
    assert not turn(folder) and keeping.here() == [0, 1, 2]
    keeping.clock.utc_us += DAY
    assert turn(folder) and keeping.here() == []


def test_beside_a_server_a_process_of_its_own_does_it_and_ends_with_it(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the real clock of this machine, by which no class is over."""
    monkeypatch.setattr(beside, "LOOK_S", 0.05)
    folder = keeping.centre.folder
    begun: list[object] = []
    with monkeypatch.context() as patched, beside.kept(folder, keeping.centre.store, remove=False):
        patched.setattr(multiprocessing, "get_context", begun.append)
        time.sleep(0.3)
    assert begun == [], "nothing waits, and nothing is to be removed"

    def done() -> bool:
        with keeping.centre.store.read() as tx:
            return tx.meta(beside.LAST) is not None

    until = time.monotonic() + 60
    with beside.kept(folder, keeping.centre.store, remove=True):
        while not done():
            assert time.monotonic() < until
            time.sleep(0.1)
    assert not [one for one in threading.enumerate() if one.name == "keeping"] and keeping.here() == [0, 1, 2]


def test_a_hold_that_is_placed_while_others_go_keeps_the_rest(keeping: Keeping, tmp_path: Path) -> None:
    """The decision is minutes old when the last of many files goes."""
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    placed: list[int] = []

    def hold() -> None:
        if not placed:
            placed.append(1)
            place_hold(keeping.centre.store, CLASS, "case 114")

    done = keeping.remover.apply(told=hold)
    assert (done.removed, done.later) == (1, 2) and len(keeping.here()) == 2
    assert keeping.remover.apply() == apply.Done(stay=2) and len(keeping.here()) == 2


def test_what_names_a_file_again_while_others_go_keeps_it(keeping: Keeping, tmp_path: Path) -> None:
    another_class(keeping, tmp_path)
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    last = sorted(keeping.shas)[-1]
    data = next(one for one in FILES if hashlib.sha256(one).hexdigest() == last)
    named: list[int] = []

    def name() -> None:
        if not named:
            named.append(1)
            keeping.box.append(segment_of(data, MORNING + 365 * DAY, 60, 5, "r-2", class_id="cook-1"), UNTIL + 2 * DAY)
            keeping.take()

    done = keeping.remover.apply(told=name)
    assert done.removed + done.later == 3 and done.later >= 1 and keeping.centre.objects.has(last)


def test_nothing_is_certified_of_a_class_that_is_held_meanwhile(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeping.over()
    certify = apply.Remover._certify

    def late(self: apply.Remover, *args: Any) -> int:
        place_hold(keeping.centre.store, CLASS, "case 114")
        return certify(self, *args)

    monkeypatch.setattr(apply.Remover, "_certify", late)
    assert keeping.remover.apply() == apply.Done(later=3) and certificates(keeping) == []


def test_what_lies_in_a_bucket_that_nobody_knows_any_more_is_not_said_to_be_gone(keeping: Keeping) -> None:
    keeping.over()
    keeping.remover.apply()
    keeping.seen()
    with keeping.centre.store.write() as tx:
        tx.put_bucketed(Bucketed(keeping.shas[0], len(FILES[0]), MORNING, None))
    done = keeping.remover.apply()
    assert (done.removed, done.later) == (2, 1) and keeping.here() == [0]
    with keeping.centre.store.read() as tx:
        assert tx.bucketed(keeping.shas[0]) is not None


def test_what_a_box_saw_of_another_tree_of_this_centre_is_no_witness(keeping: Keeping) -> None:
    """It was signed before the centre was restored from a backup, and had more records then."""
    keeping.over()
    keeping.remover.apply()
    store, now_us = keeping.centre.store, keeping.clock.utc_us
    with store.read() as tx:
        size = tx.leaves() + 1
    checkpoint = Checkpoint(store.log.name, size, bytes(32))
    note = sign_checkpoint(checkpoint, store.log, keeping.centre.keys.signer, now_us // SECOND)
    for more in range(3):
        keeping.box.append(seen_of(Stated(checkpoint, now_us // SECOND, note), store.log), now_us + more)
    keeping.take()
    keeping.centre.checkpoint()
    assert keeping.remover.apply() == apply.Done(waiting=3) and keeping.here() == [0, 1, 2]


def test_a_turn_that_cannot_be_done_now_ends_in_words(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: keeping.clock)
    monkeypatch.setattr("os.nice", lambda _: 0)

    def away(self: apply.Remover) -> apply.Done:
        raise BucketAway(why="off")

    monkeypatch.setattr(apply.Remover, "apply", away)
    assert not turn(keeping.centre.folder)
