"""The live playlist, for all pieces that may come."""
from __future__ import annotations

import dataclasses
import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from central.live.stream import WINDOW_S, Piece, goes_on, listed, stream
from evidence.times import utc_us

AT = utc_us("2026-03-02T00:30:00.250000Z")


def piece(number: int, **changes: object) -> Piece:
    one = Piece("ab" * 32, 0, number, AT + number * 1_000_000, number, float(number), 1.0, True, False, 100 + number,
                7, b"x")
    return dataclasses.replace(one, **changes)  # type: ignore[arg-type]


def test_a_playlist_says_where_it_is_and_when_and_begins_near_the_newest_picture() -> None:
    text = stream("/live/box-1", [piece(1), piece(2, key=False), piece(3)])
    assert text.splitlines()[:6] == [
        "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:101",
        "#EXT-X-DISCONTINUITY-SEQUENCE:7", "#EXT-X-START:TIME-OFFSET=-2.000,PRECISE=YES"]
    folder = f"/live/box-1/{'ab' * 32}/0"
    assert text.splitlines()[6:10] == [
        f'#EXT-X-MAP:URI="{folder}/init.mp4"', "#EXT-X-PROGRAM-DATE-TIME:2026-03-02T00:30:01.250Z",
        "#EXTINF:1.000000,", f"{folder}/1.m4s"]
    assert "INDEPENDENT" not in text and "ENDLIST" not in text
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in stream("", [piece(1)])
    assert "TIME-OFFSET=-1.000" in stream("", [piece(1)]) and stream("", []) == ""


def test_another_epoch_is_another_timeline_with_a_header_of_its_own() -> None:
    text = stream("/live/box-1", [piece(1), piece(2, epoch=1, part=8), piece(3, epoch=1, part=8)])
    lines = text.splitlines()
    at = lines.index("#EXT-X-DISCONTINUITY")
    assert lines[at + 1] == f'#EXT-X-MAP:URI="/live/box-1/{"ab" * 32}/1/init.mp4"'
    assert text.count("EXT-X-MAP") == 2 and text.count("#EXT-X-DISCONTINUITY\n") == 1


def test_what_was_left_out_in_between_is_told_by_its_times() -> None:
    one = piece(1)
    assert goes_on(one, one.order, 0, 2.0) and goes_on(one, one.order, 0, 2.05)
    assert not goes_on(one, one.order, 0, 4.0) and not goes_on(one, one.order, 1, 2.0)
    assert not goes_on(one, "cd" * 32, 0, 2.0)


lengths = st.lists(st.tuples(st.floats(0.1, 2.4, allow_nan=False), st.booleans(), st.booleans()), max_size=40)


@given(lengths)
def test_what_is_listed_is_the_newest_and_begins_with_a_keyframe(made: list[tuple[float, bool, bool]]) -> None:
    part, all_ = 7, []
    for number, (seconds, key, cut) in enumerate(made):
        part += cut
        all_.append(piece(number, seconds=seconds, key=key, part=part, epoch=part))
    shown = list(listed(all_))
    assert shown == all_[len(all_) - len(shown) :] and bool(shown) == bool(all_)
    length = sum(one.seconds for one in shown)
    later = next((at for at in range(1, len(shown)) if shown[at].key), len(shown))
    assert sum(one.seconds for one in shown[later:]) < WINDOW_S, "no more than is needed to begin with a keyframe"
    before = all_[: len(all_) - len(shown)]
    assert length >= WINDOW_S or not any(one.key for one in before), "nor less: who plays a little behind finds it all"
    assert not shown or shown[0].key or not any(one.key for one in shown)
    text = stream("/live/b", all_)
    assert not shown or "#EXT-X-TARGETDURATION:2" in text.splitlines()
    assert text.count("EXTINF") == len(shown)
    cuts = sum(a.part != b.part for a, b in itertools.pairwise(shown))
    assert text.count("#EXT-X-DISCONTINUITY\n") == cuts
    assert text.count("EXT-X-MAP") == (cuts + 1 if shown else 0)
    if shown:
        assert int(re.findall(r"MEDIA-SEQUENCE:(\d+)", text)[0]) == shown[0].place
