"""What waits for the line: bounded, in order, and what is left out is left out up to a keyframe, and said."""
from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge.live.backlog import MOST_BYTES, MOST_PIECES, Backlog, Piece

Step = tuple[str, int]
STEPS = st.lists(st.one_of(
    st.tuples(st.just("begin"), st.just(10)),
    st.tuples(st.sampled_from(["key", "between", "hole"]), st.integers(1, MOST_BYTES // 3)),
    st.tuples(st.sampled_from(["sent", "failed", "anew", "refused"]), st.just(0))), max_size=60)


def following(before: int) -> int:
    return before + 1


def play(steps: list[Step]) -> tuple[list[Piece], Backlog]:
    """What the other end gets, when the line does what the steps say."""
    backlog, got = Backlog(following), []
    backlog.begin(b"header", 0)
    for count, (what, size) in enumerate(steps, 1):
        if what == "begin":
            backlog.begin(b"h%d" % count, count)
        elif what in ("key", "between", "hole"):
            backlog.put("video", b"%d" % count + bytes(size), count, what == "key", what == "hole")
        elif (piece := backlog.head()) is not None:
            if what == "sent":
                got.append(piece)
                backlog.done(piece)
            elif what == "anew":
                backlog.again()
            elif what == "refused" and piece.what != "init":
                backlog.leave_out(piece)
            backlog.catch_up()
        assert len(backlog._pieces) <= MOST_PIECES
        assert sum(len(piece.data) for piece in backlog._pieces) <= MOST_BYTES
    return got, backlog


@given(STEPS)
def test_what_comes_is_a_stream_from_its_header_on_without_a_hole_that_is_not_told(steps: list[Step]) -> None:
    got, _ = play(steps)
    places = [(piece.epoch, piece.number) for piece in got]
    assert places == sorted(set(places))
    for epoch, pieces in itertools.groupby(got, key=lambda piece: piece.epoch):
        header, *rest = pieces
        assert header.what == "init" and not header.skipped and header.number == 0, epoch
        for before, piece in itertools.pairwise([header, *rest]):
            assert piece.skipped == (piece.number != before.number + 1)
            assert piece.key or before.number + 1 == piece.number or _told_by_source(steps), "a hole ends at a keyframe"
        assert not rest or rest[0].key


def _told_by_source(steps: list[Step]) -> bool:
    """The source itself had a hole: what follows it need not be a keyframe of ours."""
    return any(what == "hole" for what, _ in steps)


@given(STEPS)
def test_what_waits_is_sent_once_the_line_is_there(steps: list[Step]) -> None:
    _, backlog = play(steps)
    backlog.put("video", b"newest", 1000, True)
    sent = []
    while (piece := backlog.head()) is not None:
        sent.append(piece)
        backlog.done(piece)
    assert sent[-1].data == b"newest" and len(sent) <= MOST_PIECES


def test_of_a_slow_line_the_newest_is_sent() -> None:
    backlog = Backlog(following)
    backlog.begin(b"header", 0)
    backlog.done(backlog.head())  # type: ignore[arg-type]
    for number in range(1, 100):
        backlog.put("video", b"%d" % number, number, number % 2 == 1)
    head = backlog.head()
    assert head is not None and head.key and head.skipped and head.number > 99 - MOST_PIECES
    backlog.done(head)
    following_one = backlog.head()
    assert following_one is not None and not following_one.skipped and following_one.number == head.number + 1


def test_who_forgot_the_stream_gets_its_header_and_the_newest_at_once() -> None:
    backlog = Backlog(following)
    backlog.begin(b"header", 5)
    backlog.done(backlog.head())  # type: ignore[arg-type]
    for number, key in enumerate((True, False, True, False), 1):
        backlog.put("video", b"%d" % number, number, key)
    backlog.again()
    sent = []
    while (piece := backlog.head()) is not None:
        sent.append((piece.epoch, piece.number, piece.data, piece.skipped))
        backlog.done(piece)
    assert sent == [(1, 0, b"header", False), (1, 1, b"3", False), (1, 2, b"4", False)]


def test_single_pictures_have_no_header_and_count_on_after_a_process_that_ended() -> None:
    for gone, first in ((0, 1), (37, 38)):
        backlog = Backlog(lambda before, gone=gone: max(before + 1, gone))
        backlog.put("picture", b"a", 1, True)
        backlog.put("picture", b"b", 2, True)
        sent = []
        while (piece := backlog.head()) is not None:
            sent.append((piece.epoch, piece.number, piece.what, piece.skipped))
            backlog.done(piece)
        assert sent == [(0, first, "picture", False), (0, first + 1, "picture", False)]
        backlog.again()
        assert backlog.head() is None


def test_epochs_of_another_order_are_counted_from_when_that_was_taken() -> None:
    """A process that comes after this one counts by that order alone, and must come out above."""
    taken_s, now_s = 0, 540
    backlog = Backlog(lambda before: max(before + 1, now_s - taken_s))
    backlog.begin(b"header", 0)
    backlog.put("video", b"1", 1, True)
    taken_s = now_s = 600
    backlog.anew()
    now_s += 20
    used = [piece.epoch for piece in backlog._pieces]
    assert used == [0, 0] and max(used) < now_s - taken_s
    backlog.begin(b"another", 2)
    assert backlog._pieces[-1].epoch == 20
