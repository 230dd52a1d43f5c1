"""Looks at many things at once, none of which may hold up another, or whoever asks: each look has a thread of its own
and a deadline, and one that hangs is not begun again beside itself."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from common.health import Check, failed
from common.logs import Log
from common.texts import LANGS, N_, translate, words
from evidence.errors import ZaitangError

WITHIN_S = 8.0
"""Real seconds for all looks together. Whoever is asked over the network, and a disk that wakes up, may take five."""
FRESH_S = 30.0
NICE = 10
"""A look never takes a core from who checks people in or records."""
SILENT = N_("it does not answer")
Whole = TypeVar("Whole")
_LOG = Log("health")


def _nothing(*_: Any) -> Iterable[Any]:
    return ()


@dataclasses.dataclass(frozen=True)
class Look(Generic[Whole]):
    """`find` gathers from the whole (a box, a centre) what `judge` and `measure` take as their arguments; None: there
    is no such thing here."""

    about: str
    find: Callable[[Whole], tuple[Any, ...] | None]
    judge: Callable[..., Iterable[Check]] = _nothing
    measure: Callable[..., Iterable[Any]] = _nothing


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was seen. `at_us`: UTC µs, when it was; `measured`: by what it is about; `unlooked`: what could not be
    looked at."""

    at_us: int
    checks: tuple[Check, ...]
    measured: Mapping[str, tuple[Any, ...]]
    unlooked: tuple[str, ...]


@dataclasses.dataclass
class _Result:
    """Of one look; `failure` None once it is done."""

    checks: tuple[Check, ...] = ()
    measured: tuple[Any, ...] = ()
    failure: Mapping[str, str] | None = dataclasses.field(
        default_factory=lambda: {lang: translate(SILENT, lang) for lang in LANGS})


class Examiner(Generic[Whole]):
    """For any thread. `utc_us`: the wall clock; `fresh_s`: so long what was seen is shown again."""

    def __init__(
        self, whole: Whole, looks: Sequence[Look[Whole]], utc_us: Callable[[], int], within_s: float = WITHIN_S,
        fresh_s: float = FRESH_S, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._whole, self._looks, self._utc_us = whole, looks, utc_us
        self._within_s, self._fresh_s, self._monotonic = within_s, fresh_s, monotonic
        self._stuck: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._last: tuple[float, Seen] | None = None

    def examine(self) -> Seen:
        """Everything once, within the time given; not at the same time from two threads."""
        at_us, results = self._utc_us(), [_Result() for _ in self._looks]
        threads = [self._begin(look, result) for look, result in zip(self._looks, results, strict=True)]
        until = self._monotonic() + self._within_s
        for look, thread in zip(self._looks, threads, strict=True):
            if thread is not None:
                thread.join(max(0.0, until - self._monotonic()))
                if thread.is_alive():
                    self._stuck[look.about] = thread
        # A look that ends right now may not change what is told of it.
        done = [(look.about, dataclasses.replace(result)) for look, result in zip(self._looks, results, strict=True)]
        checks = [one for about, result in done for one in (
            result.checks if result.failure is None else [failed(about, result.failure)])]
        return Seen(at_us, tuple(checks), {about: result.measured for about, result in done if result.failure is None},
                    tuple(about for about, result in done if result.failure is not None))

    def lately(self, wait_s: float = 0.0) -> Seen | None:
        """What was seen last; None before anything was. Where that is no longer fresh it begins to look again, once at
        a time, and waits so many real seconds for it at most."""
        with self._lock:
            stale = self._last is None or self._monotonic() - self._last[0] >= self._fresh_s
            if stale and self._running is None:
                self._running = threading.Thread(target=self._run, name="examine", daemon=True)
                self._running.start()
            running = self._running
        if running is not None and wait_s > 0:
            running.join(wait_s)
        return None if self._last is None else self._last[1]

    @property
    def looking(self) -> bool:
        """Whether it looks just now."""
        return self._running is not None

    def _run(self) -> None:
        seen = self.examine()
        with self._lock:
            self._last, self._running = (self._monotonic(), seen), None

    def _begin(self, look: Look[Whole], result: _Result) -> threading.Thread | None:
        before = self._stuck.get(look.about)
        if before is not None and before.is_alive():
            return None
        thread = threading.Thread(target=self._look, args=(look, result), name=f"look {look.about}", daemon=True)
        thread.start()
        return thread

    def _look(self, look: Look[Whole], result: _Result) -> None:
        with contextlib.suppress(OSError):  # a machine that forbids it looks all the same
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            found = look.find(self._whole)
            if found is not None:
                result.checks, result.measured = tuple(look.judge(*found)), tuple(look.measure(*found))
            result.failure = None
        except Exception as error:  # whatever it is, the rest is looked at
            result.failure = _why(error)
            if not isinstance(error, ZaitangError | OSError):
                _LOG.failed("health.unlooked", error, about=look.about)


def _why(error: Exception) -> Mapping[str, str]:
    """By language."""
    if isinstance(error, ZaitangError):
        return {lang: words(error, lang) for lang in LANGS}
    said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
    return dict.fromkeys(LANGS, said or type(error).__name__)
