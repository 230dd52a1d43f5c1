"""Signatures checked beside: the same answers in the same order, whatever becomes of the process that gives them."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.ingest import signatures
from central.ingest.collector import Message
from central.ingest.signatures import CHUNK, Beside, Here, Signed, spare
from central.wiring import Centre
from evidence.bodies import SessionStart
from tests.central.helpers import MORNING, Box

KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
COUNT = 5 * CHUNK // 2


def some(count: int = COUNT) -> list[Signed]:
    """Every third is forged: by another key, over other bytes, or no signature at all."""
    raw, made = KEY.public_key().public_bytes_raw(), []
    for number in range(count):
        message = b"%d" % number
        good = KEY.sign(message)
        forged = (OTHER.sign(message), KEY.sign(b"x"), good[:63])[number // 3 % 3]
        made.append(Signed(raw, forged if number % 3 == 2 else good, message))
    return made


WANTED = [number % 3 != 2 for number in range(COUNT)]


@pytest.fixture
def beside() -> Iterator[Beside]:
    with Beside() as made:
        yield made


def worker(beside: Beside) -> int:
    assert beside._pid is not None
    return beside._pid.result(60)


def test_both_give_the_same_answers_in_the_same_order(beside: Beside) -> None:
    assert Here().check(iter(some())) == WANTED
    for count in (COUNT, 0, 1, CHUNK):
        assert beside.check(iter(some(count))) == WANTED[:count]
    assert worker(beside) != os.getpid()


def test_a_process_that_is_killed_costs_nothing_and_is_replaced(beside: Beside) -> None:
    first = worker(beside)
    os.kill(first, signal.SIGKILL)
    for _ in range(2):
        assert beside.check(some()) == WANTED
    assert beside.check(some()) == WANTED
    assert worker(beside) != first


def test_it_may_die_while_it_is_asked(beside: Beside) -> None:
    def asked() -> Iterator[Signed]:
        for number, one in enumerate(some()):
            if number == CHUNK + 1:
                os.kill(worker(beside), signal.SIGKILL)
            yield one

    assert beside.check(asked()) == WANTED


def test_one_that_says_nothing_is_not_waited_for(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    first, given, ask = worker(beside), [], beside._asked

    def asked(chunk: Sequence[Signed]) -> Future[list[bool]] | None:
        given.append(ask(chunk))
        while not given[0].running():  # what nobody has begun is checked here, and nobody would be waited for
            time.sleep(0.001)
        return given[-1]

    monkeypatch.setattr(beside, "_asked", asked)
    monkeypatch.setattr(signatures, "WAIT_S", 0.2)
    os.kill(first, signal.SIGSTOP)
    assert beside.check(some()) == WANTED
    assert beside._pool is None


def test_what_it_has_not_begun_is_checked_here(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Future[list[bool]]] = []

    def asked(chunk: Sequence[Signed]) -> Future[list[bool]]:
        given.append(Future())
        if len(given) == 1:
            given[0].set_running_or_notify_cancel()
            given[0].set_result([False] * len(chunk))
        return given[-1]

    monkeypatch.setattr(beside, "_asked", asked)
    assert beside.check(some()) == [False] * CHUNK + WANTED[CHUNK:]
    assert [one.cancelled() for one in given] == [False, True]


def test_it_ends_with_a_collector_that_was_killed() -> None:
    code = ("import os, signal\nfrom central.ingest.signatures import Beside\n"
            "if __name__ == '__main__':\n"
            "    beside = Beside().__enter__()\n"
            "    print(beside._pid.result(60), flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n")
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60, check=False)
    # It holds the pipe to us until it has ended: that `run` came back says that nobody is left.
    assert done.returncode == -signal.SIGKILL
    assert int(done.stdout) > 0


def test_there_is_none_without_a_core_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    with spare() as made:
        assert type(made) is Here


def test_a_collector_keeps_and_refuses_the_same(centre: Centre, beside: Beside) -> None:
    """Forged ones among many, and a worker that dies under it."""
    box = Box(centre)
    box.genesis()
    for number in range(3 * CHUNK):
        box.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING + number)
    envelopes = [sealed.envelope for sealed in box.sealed]
    spoilt = envelopes[40].replace(envelopes[40][-95:-85], envelopes[41][-95:-85])
    assert spoilt != envelopes[40]
    collector = centre.collector(beside)
    collector.take([Message("box-1", b"\n".join(envelopes[:40])), Message("box-1", spoilt)])
    os.kill(worker(beside), signal.SIGKILL)
    collector.take([Message("box-1", b"\n".join(envelopes[40:]))])
    with centre.store.read() as tx:
        assert tx.chain_envelopes("box-1", box.chain, 999) == envelopes
        assert [error for error, _, _ in tx.quarantined()] == ["BadSeal"]
