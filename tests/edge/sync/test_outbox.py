"""What the outbox sends next: oldest first, bounded, again when no receipt comes, whatever the broker said."""
from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from common.backoff import Backoff
from edge.sync.outbox import MOST_BYTES, MOST_RECORDS, RESEND, WINDOW, Outbox, messages


def sent(outbox: Outbox, head: int, now: float) -> Outbox:
    return outbox.after_sending(outbox.due(head, now), now, 0.0)


def test_sends_oldest_first_up_to_the_window() -> None:
    assert Outbox().due(9, 0.0) == range(10)
    assert Outbox().due(10_000, 0.0) == range(WINDOW)
    assert Outbox(receipted=4, sent=4).due(9, 0.0) == range(5, 10)


def test_sends_each_record_once_while_a_receipt_may_still_come() -> None:
    outbox = sent(Outbox(), 9, now=0.0)
    assert not outbox.due(9, now=1.0)
    assert outbox.due(11, now=1.0) == range(10, 12)


def test_new_records_do_not_put_off_the_resend_of_old_ones() -> None:
    outbox = sent(Outbox(), 9, now=0.0)
    outbox = sent(outbox, 11, now=RESEND.first / 2 - 0.1)
    assert outbox.due(11, now=RESEND.first / 2) == range(12)


def test_without_receipts_everything_is_sent_again_ever_more_slowly() -> None:
    outbox, now, waits = sent(Outbox(), 9, 0.0), 0.0, []
    for _ in range(12):
        waits.append(outbox.deadline - now)
        now = outbox.deadline
        assert outbox.due(9, now) == range(10)
        outbox = sent(outbox, 9, now)
    assert waits == sorted(waits) and waits[0] == RESEND.first / 2 and waits[-1] == RESEND.longest / 2


def test_a_receipt_moves_the_window_and_clears_the_failures() -> None:
    outbox = sent(Outbox(failures=7), 9, 0.0).after_receipt(6, 1.0, 0.0)
    assert (outbox.receipted, outbox.sent, outbox.failures) == (6, 9, 0)
    assert outbox.due(9, outbox.deadline) == range(7, 10)


def test_an_old_receipt_changes_nothing() -> None:
    outbox = Outbox(receipted=6, sent=9, deadline=5.0)
    assert outbox.after_receipt(6, 1.0, 0.0) is outbox and outbox.after_receipt(2, 1.0, 0.0) is outbox


def test_a_broker_that_forgot_us_gets_everything_at_once() -> None:
    assert sent(Outbox(receipted=2, sent=2), 9, 0.0).all_again(0.5).due(9, 0.5) == range(3, 10)


@given(st.lists(st.tuples(st.sampled_from(["send", "lose", "receipt", "wait", "forget"]), st.integers(0, 300))))
def test_nothing_is_skipped_and_nothing_more_than_a_window_flies(steps: list[tuple[str, int]]) -> None:
    """Whatever happens: what is due begins at or before the oldest record that the broker never got."""
    outbox, now, head, given_to_broker = Outbox(), 0.0, 0, set[int]()
    for step, number in steps:
        now += 0.1
        head += number % 7
        if step == "send":
            due = outbox.due(head, now)
            assert len(due) <= WINDOW and all(seq > outbox.receipted for seq in due)
            given_to_broker |= set(due)
            outbox = outbox.after_sending(due, now, 0.5)
        elif step == "receipt" and given_to_broker:
            outbox = outbox.after_receipt(min(number, max(given_to_broker)), now, 0.5)
        elif step == "wait":
            now += number
        elif step == "forget":
            outbox = outbox.all_again(now)
        assert set(range(outbox.receipted + 1, outbox.sent + 1)) <= given_to_broker


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_waits_stay_between_half_and_the_whole_span(failures: int, chance: float) -> None:
    wait = Backoff(2.0, 600.0).wait(failures, chance)
    assert 1.0 <= wait <= 600.0


@given(st.lists(st.sampled_from([1, 2, 3, MOST_BYTES // 8, MOST_BYTES + 1]), max_size=150))
def test_messages_hold_every_envelope_once_in_order_and_no_more_than_they_may(sizes: list[int]) -> None:
    made = list(messages([b"x" * size for size in sizes]))
    assert [len(envelope) for message in made for envelope in message] == sizes
    for message, after in itertools.pairwise([*made, []]):
        whole = len(b"\n".join(message))
        assert message and len(message) <= MOST_RECORDS and (whole <= MOST_BYTES or len(message) == 1)
        assert not after or len(message) == MOST_RECORDS or whole + len(after[0]) >= MOST_BYTES, "it had room for more"


class Centre:
    """Keeps what comes, in whatever order, and knows up to where it has no hole."""

    def __init__(self) -> None:
        self.have: set[int] = set()

    @property
    def up_to(self) -> int:
        return next(seq for seq in range(len(self.have) + 1) if seq not in self.have) - 1


STEPS = st.lists(st.tuples(
    st.sampled_from(["send", "lose", "arrive", "receipt", "old receipt", "reconnect", "forgotten", "gap", "wait",
                     "backup"]), st.integers(0, 400)), max_size=60)


@given(STEPS, st.floats(0, 1))
def test_nothing_is_ever_skipped_or_stuck(steps: list[tuple[str, int]], chance: float) -> None:
    """Messages are lost, held back and delivered out of order, receipts too, brokers and the centre forget: once that
    ends, every record gets its receipt after a few resends."""
    outbox, centre, now, head = Outbox(), Centre(), 0.0, 0
    flying: list[int] = []
    receipts = [-1]

    def send() -> range:
        nonlocal outbox
        due = outbox.due(head, now)
        assert not due or due.start <= outbox.sent + 1, "a record was skipped"
        outbox = outbox.after_sending(due, now, chance)
        return due

    for step, number in steps:
        now, head = now + 0.5, head + number % 90
        if step in ("send", "lose"):
            due = send()
            flying += due if step == "send" else due[: number % 7]
        elif step == "arrive":
            flying.sort(key=lambda seq: (seq * 7919 + number) % 1009)
            centre.have |= set(flying[: number])
            del flying[: number]
            receipts.append(centre.up_to)
        elif step in ("receipt", "old receipt"):
            up_to = receipts[-1] if step == "receipt" else receipts[number % len(receipts)]
            outbox = outbox.after_receipt(up_to, now, chance) if up_to >= 0 else outbox
        elif step == "reconnect":
            flying.clear()
        elif step == "forgotten":
            outbox, flying = outbox.all_again(now), []
        elif step == "gap":
            outbox = outbox.from_again(centre.up_to + 1, now) if centre.up_to < head else outbox
        elif step == "backup":
            centre.have = {seq for seq in centre.have if seq <= number}
            receipts.append(centre.up_to)
            outbox = outbox.from_again(centre.up_to + 1, now) if centre.up_to < head else outbox
        else:
            now += number
    rounds = 0
    while centre.up_to < head or outbox.receipted < head:
        rounds += 1
        assert rounds < 10 + head // 100, "it is stuck"
        now += RESEND.longest
        centre.have |= set(send())
        if outbox.receipted > centre.up_to:  # what was set back asks for what it had
            outbox = outbox.from_again(centre.up_to + 1, now)
        outbox = outbox.after_receipt(centre.up_to, now, chance)
