"""The pictures behind a roll call: which are kept, sealed, whole before their record, none left by a cut."""
from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rollcall.crops import Crop
from edge.rollcall.errors import FacesChanged
from edge.rollcall.proofs import UNNAMED, Proofs, chosen
from edge.storage.volume import Volume, open_volume
from edge.store import Store
from edge.wiring import Box
from evidence.bodies import Candidate, RollCall, Track, body_of
from evidence.rollcall import name_tracks
from tests.edge.rollcall.conftest import flat

THRESHOLD, MARGIN = 400_000, 50_000
PEOPLE = st.one_of(st.none(), st.sampled_from("abc"))


@st.composite
def tracks(draw: st.DrawFn) -> list[Track]:
    made = []
    for _ in range(draw(st.integers(0, 30))):
        first, person = draw(st.integers(0, 60)), draw(PEOPLE)
        best = Candidate(person, draw(st.integers(200_000, 900_000))) if person else None
        made.append(Track(first, first + draw(st.integers(0, 30)), first, draw(st.integers(1, 40)), 30, best))
    return made


@given(found=tracks())
def test_everybody_who_is_named_keeps_the_best_match_and_few_others_keep_any(found: list[Track]) -> None:
    kept = chosen(found, THRESHOLD, MARGIN)
    named = [one for one in name_tracks(found, THRESHOLD, MARGIN) if one.person]
    people = {str(one.person) for one in named}
    best = {person: max(one.track.best.score_ppm for one in named if one.person == person and one.track.best)
            for person in people}
    shown = [found[index] for index in kept]
    for person in people:
        mine = [one for one in shown if one.best and one.best.person == person]
        assert any(one.best and one.best.score_ppm == best[person] for one in mine)
    assert len(kept) <= len(people) + UNNAMED
    unnamed = len(found) - len(named)
    assert len(kept) == len(people) + min(UNNAMED, unnamed)


def call_of(count: int) -> RollCall:
    """So many people, one after the other, and somebody nameless."""
    found = [Track(at, at, at, 1, 40, Candidate(f"p-{at}", 500_000)) for at in range(count)]
    found.append(Track(count, count, count, 1, 12))
    return RollCall("class-1", "r-1", "5" * 64, "builtin", "b" * 64, "cpu", THRESHOLD, MARGIN, 20, 1, 0, 4, 4_000_000,
                    tuple(found))


def crops_of(call: RollCall) -> list[Crop]:
    return [flat(10 + 20 * at) for at in range(len(call.tracks))]


@pytest.fixture
def recorded(face_box: Box) -> Box:
    """The box with a video volume."""
    face_box.segments.rmdir()
    open_volume(face_box.video, "box-1", face_box.store, 1)
    return face_box


@pytest.fixture
def proofs(recorded: Box) -> Proofs:
    return Proofs(recorded.video, recorded.first_volume, recorded.keys.data, recorded.proofs_lock)


def calls(box: Box) -> list[RollCall]:
    return [body_of(sealed.record) for sealed in box.store.records_of("rollcall")]  # type: ignore[misc]


def opened(proofs: Proofs, call: RollCall) -> dict[str, np.ndarray]:
    return proofs.pictures(call, {track.proof for track in call.tracks if track.proof})


def names(box: Box) -> list[str]:
    return sorted(path.name for path in (box.video / "proofs").rglob("*") if path.is_file())


def test_a_record_names_its_pictures_and_nobody_without_the_key_sees_them(recorded: Box, proofs: Proofs) -> None:
    call = call_of(3)
    proofs.state(recorded.store, "r-1/000007.mp4", call, crops_of(call), 0)
    (made,) = calls(recorded)
    found = opened(proofs, made)
    levels = [round(float(found[str(track.proof)].mean())) for track in made.tracks]
    assert levels == pytest.approx([10, 30, 50, 70], abs=1)
    bare = dataclasses.replace(made, tracks=tuple(dataclasses.replace(one, proof=None) for one in made.tracks))
    assert bare == call
    (path,) = (recorded.video / "proofs" / "r-1").iterdir()
    data = path.read_bytes()
    assert path.name.startswith("000007.") and path.stat().st_mode & 0o777 == 0o600
    assert b"\xff\xd8\xff" not in data
    other = Proofs(recorded.video, recorded.first_volume, secrets.token_bytes(32), recorded.proofs_lock)
    assert opened(other, made) == {}
    assert opened(proofs, dataclasses.replace(made, class_id="class-2")) == {}
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert len(opened(proofs, made)) == 3


def test_roll_calls_of_a_segment_for_other_people_keep_their_pictures_beside_each_other(
    recorded: Box, proofs: Proofs,
) -> None:
    galleries = (None, ("p-0",), ("p-0", "p-1"))
    for gallery in galleries:
        call = dataclasses.replace(call_of(3), gallery=gallery)
        proofs.state(recorded.store, "r-1/000000.mp4", call, crops_of(call), 0)
    said = [body_of(sealed.record) for sealed in recorded.store.records_of("rollcall")]
    for call in said:
        assert isinstance(call, RollCall) and all(track.proof for track in call.tracks)
        assert len(proofs.pictures(call, {str(track.proof) for track in call.tracks})) == 4
    assert len(list(recorded.video.glob("proofs/r-1/*.faces"))) == len(galleries)


def test_a_track_without_a_picture_and_a_roll_call_without_faces_name_none(recorded: Box, proofs: Proofs) -> None:
    call = call_of(1)
    proofs.state(recorded.store, "r-1/000000.mp4", call, [None, None], 0)
    proofs.state(recorded.store, "r-1/000001.mp4", dataclasses.replace(call, tracks=()), [], 0)
    assert [track.proof for made in calls(recorded) for track in made.tracks] == [None, None] and names(recorded) == []


def test_a_full_volume_and_one_that_is_away_cost_the_pictures_not_the_record(
    recorded: Box, proofs: Proofs, monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = call_of(2)
    with monkeypatch.context() as patch:
        patch.setattr(Volume, "free_mb", lambda self: 0)
        proofs.state(recorded.store, "r-1/000000.mp4", call, crops_of(call), 0)
    recorded.video.rename(recorded.folder / "away")
    recorded.video.mkdir()
    proofs.state(recorded.store, "r-1/000001.mp4", call, crops_of(call), 0)
    assert calls(recorded) == [call, call] and list(recorded.video.iterdir()) == []


def test_what_was_erased_while_it_was_looked_at_is_not_stated(recorded: Box, proofs: Proofs) -> None:
    call = call_of(2)
    recorded.store.ask_erasure("class-1", ["p-1"], "withdrawn")
    with pytest.raises(FacesChanged):
        proofs.state(recorded.store, "r-1/000000.mp4", call, crops_of(call), 0)
    assert calls(recorded) == [] and names(recorded) == []


class Cut(BaseException):
    """The power is gone."""


def cut_before(patch: pytest.MonkeyPatch, step: int) -> Callable[[], int]:
    """Cuts before the given step that changes disk or database; tells how many were done."""
    done = [0]

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def act(*args: object, **kwargs: object) -> object:
            if done[0] == step:
                raise Cut
            done[0] += 1
            return real(*args, **kwargs)
        return act

    for name in ("fsync", "rename", "mkdir", "unlink"):
        patch.setattr(os, name, counted(getattr(os, name)))
    patch.setattr(Store, "put_note", counted(Store.put_note))
    return lambda: done[0]


def test_a_cut_at_any_step_leaves_no_picture_without_its_record_and_no_record_without_its_pictures(
    recorded: Box, proofs: Proofs, monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = 0
    while True:
        call = dataclasses.replace(call_of(2), segment=f"{steps:064x}")
        before = len(calls(recorded))
        with monkeypatch.context() as patch:
            done = cut_before(patch, steps)
            try:
                proofs.state(recorded.store, f"r-1/{steps:06}.mp4", call, crops_of(call), 0)
                break
            except Cut:
                assert done() == steps
        for made in calls(recorded):
            assert len(opened(proofs, made)) == 3
        if len(calls(recorded)) == before:
            # The analyst begins anew with another segment: the one that was cut off may be gone by then.
            other = dataclasses.replace(call, segment=f"{steps + 1000:064x}")
            proofs.state(recorded.store, f"r-1/{steps + 1000:06}.mp4", other, crops_of(other), 0)
        assert len(names(recorded)) == len(calls(recorded)) and recorded.store.note("rollcall.proofs") == ""
        steps += 1
    assert steps >= 6 and all(name.endswith(".faces") for name in names(recorded))
