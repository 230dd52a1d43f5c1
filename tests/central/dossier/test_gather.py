"""From a centre's records to facts: exactly those of the tree that the paper names."""
from __future__ import annotations

from central.classes.stories import Stories
from central.dossier.gather import gather
from central.wiring import Centre
from evidence.standing import findings_hash
from tests.central.course import AWAY, PEOPLE


def test_the_dossier_finds_what_the_console_finds(played: Centre) -> None:
    facts = gather(played, "welder-1", played.checkpoint())
    told = Stories(played.store, played.clock).tell("welder-1")
    assert facts.findings_sha256 == findings_hash(told.findings)
    assert facts.head.as_of_us == told.as_of.us and facts.head.simulated
    assert [one.name for one in facts.trainees] == list(PEOPLE)
    assert {one.name for one in facts.trainees if one.hours.ppm != 1_000_000} == {AWAY}
    assert facts.files.here == facts.files.on_record == len(told.story.segments)


def test_the_plan_is_named_by_the_hash_of_its_record(played: Centre) -> None:
    facts = gather(played, "welder-1", played.checkpoint())
    with played.store.read() as tx:
        (order,) = tx.of_type("order.class", "welder-1")
    assert facts.head.order_sha256 == order.hash


def test_what_comes_later_is_not_in_it(played: Centre) -> None:
    stated = played.checkpoint()
    before = gather(played, "welder-1", stated)
    with played.store.write() as tx:
        from evidence.bodies import Review

        played.store.append(tx, Review("welder-1", "2026-03-02-pm", "complete", "seen", "Wang"))
    assert gather(played, "welder-1", stated).findings == before.findings
    assert gather(played, "welder-1", played.checkpoint()).findings != before.findings
