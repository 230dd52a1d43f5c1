"""Dossiers that the console has made: one at a time, shared, bounded, forgotten."""
from __future__ import annotations

import dataclasses
import io
import subprocess
import threading
import types
import zipfile
from collections.abc import Iterator

import pytest

from central.dossier import desk as desk_module
from central.dossier.desk import EACH, KEPT_S, WAITING, DossierDesk, Job, by_process
from central.dossier.document import FILES, json_bytes
from central.dossier.errors import DossierFailed, TooManyDossiers, YourDossiers
from central.dossier.facts import facts_hash
from central.dossier.layout import laid_out
from central.dossier.shape import Facts
from tests.central.dossier.classes import dossier, flagged, flagged_course

pytestmark = pytest.mark.long

PATIENCE_S = 30


class Press:
    """Lays out what it is told to, once it may."""

    def __init__(self) -> None:
        self.may, self.made, self.done = threading.Event(), list[str](), threading.Semaphore(0)

    def __call__(self, facts: Facts, ending: str, lang: str) -> bytes:
        self.may.wait(PATIENCE_S)
        self.made.append(ending + lang)
        self.done.release()
        if ending == ".bad":
            raise ValueError("broken")
        return facts_hash(facts).encode()


@pytest.fixture
def press() -> Iterator[Press]:
    made = Press()
    yield made
    made.may.set()


def ended(desk: DossierDesk, job: Job) -> Job:
    for _ in range(PATIENCE_S * 100):
        if job.state in ("done", "failed"):
            return job
        threading.Event().wait(0.01)
    raise AssertionError(job.state)


def test_who_asks_for_the_same_shares_it(press: Press) -> None:
    desk, begun = DossierDesk(press), []
    one = desk.ask(flagged(), ".pdf", "zh", "li", lambda: begun.append(1))
    later = dossier(flagged_course(), as_of="2026-04-02 08:00")
    assert desk.ask(later, ".pdf", "zh", "wang", lambda: begun.append(2)) is one
    other = desk.ask(flagged(), ".pdf", "en", "li", lambda: begun.append(3))
    assert begun == [1, 3] and other is not one and desk.before(other) == 1
    press.may.set()
    assert ended(desk, other).data == ended(desk, one).data == facts_hash(flagged()).encode()
    assert press.made == [".pdfzh", ".pdfen"]
    assert desk.job("c-1", one.key) is one and desk.job("c-2", one.key) is None and desk.job("c-1", "x") is None


def test_one_that_fails_is_made_anew_and_holds_up_no_other(press: Press) -> None:
    press.may.set()
    desk = DossierDesk(press)
    bad, good = (desk.ask(flagged(), ending, "zh", "li", lambda: None) for ending in (".bad", ".pdf"))
    assert (ended(desk, bad).state, ended(desk, good).state) == ("failed", "done")
    assert desk.ask(flagged(), ".bad", "zh", "li", lambda: None) is not bad


def test_so_many_wait_and_no_more(press: Press) -> None:
    desk = DossierDesk(press)
    with pytest.raises(TooManyDossiers):
        for number in range(WAITING + 2):
            desk.ask(flagged(), f".{number}", "zh", f"li-{number}", lambda: None)


def test_attack_one_account_does_not_take_the_places_of_all(press: Press) -> None:
    desk = DossierDesk(press)
    mine = [desk.ask(flagged(), f".{number}", "zh", "li", lambda: None) for number in range(EACH)]
    with pytest.raises(YourDossiers):
        desk.ask(flagged(), ".pdf", "zh", "li", lambda: None)
    other = desk.ask(flagged(), ".pdf", "zh", "wang", lambda: None)
    press.may.set()
    assert [ended(desk, one).state for one in (*mine, other)] == ["done"] * (EACH + 1)
    assert desk.ask(flagged(), ".xlsx", "zh", "li", lambda: None)


def test_what_cannot_be_stated_is_not_begun(press: Press) -> None:
    desk = DossierDesk(press)
    with pytest.raises(ZeroDivisionError):
        desk.ask(flagged(), ".pdf", "zh", "li", lambda: 1 // 0)
    press.may.set()
    assert desk.ask(flagged(), ".xlsx", "zh", "li", lambda: None).ending == ".xlsx" and ".pdfzh" not in press.made


def test_it_is_forgotten_after_a_while_and_when_there_is_too_much(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    press.may.set()
    now = [100.0]
    desk = DossierDesk(press, lambda: now[0])
    old = ended(desk, desk.ask(flagged(), ".pdf", "zh", "li", lambda: None))
    now[0] += 1
    new = ended(desk, desk.ask(flagged(), ".xlsx", "zh", "li", lambda: None))
    monkeypatch.setattr(desk_module, "KEPT_BYTES", 100)
    assert desk.job("c-1", old.key) is None and desk.job("c-1", new.key) is new
    now[0] += KEPT_S + 1
    assert desk.job("c-1", new.key) is None


def test_what_is_laid_out() -> None:
    assert laid_out(flagged(), ".json", "zh") == json_bytes(flagged(), "zh")
    made = laid_out(flagged(), ".zip", "en")
    packed = zipfile.ZipFile(io.BytesIO(made))
    assert packed.namelist() == [f"c-1/{name}" for name in FILES] and packed.testzip() is None
    assert laid_out(flagged(), ".zip", "en") == made


@pytest.mark.long  # it gives way to all other tests
@pytest.mark.timeout(600)
def test_a_process_of_its_own_lays_out_the_same() -> None:
    assert by_process(flagged(), ".json", "zh") == json_bytes(flagged(), "zh")
    broken = dataclasses.replace(flagged(), findings=None)  # type: ignore[arg-type]
    with pytest.raises(DossierFailed, match="c-1"):
        by_process(broken, ".json", "zh")


def test_a_process_that_fails_or_hangs_or_says_too_much_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "x", b"", b"Traceback\nMemoryError: \xff\n")

    def hangs(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 1)

    monkeypatch.setattr(desk_module, "MOST_BYTES", 3)
    long = types.SimpleNamespace(stdout=b"long")
    for run, said in ((fails, "MemoryError"), (hangs, "600 s"), (lambda *_, **__: long, "4 B")):
        monkeypatch.setattr(subprocess, "run", run)
        with pytest.raises(DossierFailed, match=said):
            by_process(flagged(), ".json", "zh")
