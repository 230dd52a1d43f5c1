"""Signatures of a batch, checked beside the rest: they are more than half of what a record costs.

A process of its own checks whole chunks of them: a thread would wait for Python's lock after each one, while the next
records are read. What it has not begun when all are read is checked here, from the end. It decides nothing: it is given
a key, a signature and the bytes, and says whether they belong together. If it dies or says nothing, they are checked
here, and the next batch gets another.
"""
from __future__ import annotations

import contextlib
import dataclasses
import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from common.logs import Log

CHUNK = 32
"""So many travel at once; what does not fill a chunk is checked here, so that a single record waits for nobody."""
WAIT_S = 10.0
"""No chunk takes so long, the start of the process included."""
_LOG = Log("collector")


@dataclasses.dataclass(frozen=True)
class Signed:
    """A signature that is said to be by the raw Ed25519 public `key` over `message`."""

    key: bytes
    signature: bytes
    message: bytes

    def holds(self) -> bool:
        """Whether it is."""
        try:
            _key(self.key).verify(self.signature, self.message)
        except InvalidSignature:
            return False
        return True


class Here:
    """Checks them in this process."""

    def check(self, some: Iterable[Signed]) -> list[bool]:
        """Whether each holds, in their order. `some` is gone through once, while the first are being checked."""
        return [one.holds() for one in some]


class Beside(Here):
    """Checks most of them in a process of its own, which ends with this one. One caller at a time."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pid: Future[int] | None = None

    def __enter__(self) -> Beside:
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end()

    def check(self, some: Iterable[Signed]) -> list[bool]:
        if self._pool is None:
            self._start()
        chunks: list[tuple[list[Signed], Future[list[bool]] | None]] = []
        waiting: list[Signed] = []
        for one in some:
            waiting.append(one)
            if len(waiting) == CHUNK:
                chunks.append((waiting, self._asked(waiting)))
                waiting = []
        last = [one.holds() for one in waiting]
        while chunks and (asked := chunks[-1][1]) is not None and asked.cancel():  # nobody has begun it yet
            last = answers(chunks.pop()[0]) + last
        return [answer for chunk, asked in chunks for answer in self._answers(chunk, asked)] + last

    def _asked(self, chunk: Sequence[Signed]) -> Future[list[bool]] | None:
        """The answers to come; None where nobody is there to give them."""
        try:
            return None if self._pool is None else self._pool.submit(answers, chunk)
        except (BrokenProcessPool, OSError) as error:
            self._give_up(error)
            return None

    def _answers(self, chunk: Sequence[Signed], asked: Future[list[bool]] | None) -> list[bool]:
        if asked is not None and self._pool is not None:
            try:
                found = asked.result(WAIT_S)
                if len(found) == len(chunk):
                    return found
            except (BrokenProcessPool, TimeoutError, OSError) as error:
                self._give_up(error)
        return answers(chunk)

    def _start(self) -> None:
        try:
            # Not forked: this process has threads.
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_live_with_parent)
            self._pid = self._pool.submit(os.getpid)
        except (BrokenProcessPool, OSError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        _LOG.failed("signatures.here", error)
        self._end()

    def _end(self) -> None:
        pool, self._pool, pid, self._pid = self._pool, None, self._pid, None
        if pool is None:
            return
        known = pid.result() if pid is not None and pid.done() and not pid.exception() else None
        for child in multiprocessing.active_children():
            if child.pid == known:
                child.kill()  # it holds nothing, and might not hear anything milder
        pool.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def spare() -> Iterator[Here]:
    """Who checks signatures on this machine: another process where there is another core for it."""
    if len(os.sched_getaffinity(0)) < 2:
        yield Here()
        return
    with Beside() as beside:
        yield beside


def answers(chunk: Sequence[Signed]) -> list[bool]:
    """Whether each holds."""
    return [one.holds() for one in chunk]


@functools.lru_cache(maxsize=1024)
def _key(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def _live_with_parent() -> None:
    """Ctrl-C is for the collector alone; when it is gone, however it went, nobody waits here for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
