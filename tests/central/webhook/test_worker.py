"""Events are kept with what was told of their class, and handed over in order until they are taken: at least once, with
one id, whatever the other side does and whenever the process dies."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.alone import alone
from central.classes.reviews import state_review
from central.cli import main
from central.config import load_config
from central.errors import PolicyGone, WebhookRuns
from central.store.outbox import TargetState
from central.webhook import worker
from central.webhook.post import Answer
from central.webhook.worker import REST_US, Target, Worker
from central.wiring import Centre, open_centre
from common.texts import translate
from evidence.errors import BadShape
from evidence.times import HOUR, SECOND
from tests.central.helpers import FixedClock
from tests.central.test_decisions import decided
from tests.central.test_reviews import CLASS, NOW, PRACTICE
from tests.central.webhook.receiver import Receiver, hang_up, receiving, status
from tests.ending import end

TAKEN, AWAY, REFUSED = Answer(True, True, "HTTP 204"), Answer(False, True, "HTTP 500"), Answer(False, False, "HTTP 400")


class Others:
    """Targets that answer as the test says, and remember what came."""

    def __init__(self, centre: Centre, names: tuple[str, ...] = ("province",)) -> None:
        self.came: list[tuple[str, str]] = []
        self.answers: list[Answer] = []
        self.clock = FixedClock(NOW)
        self.stop = threading.Event()
        self.targets = [Target(name, self._send(name)) for name in names]
        self.worker = Worker(centre.store, self.clock, self.targets, lambda: 1.0)

    def _send(self, name: str) -> Callable[[str, bytes, int], Answer]:
        def send(event: str, body: bytes, now_s: int) -> Answer:
            assert json.loads(body)["id"] == event and now_s == self.clock.utc_us // SECOND
            self.came.append((name, json.loads(body)["kind"]))
            return self.answers.pop(0) if self.answers else TAKEN
        return send

    def turn(self, later_us: int = REST_US) -> list[tuple[str, str]]:
        """One turn, some time later; what came in it."""
        self.clock.utc_us += later_us
        before = len(self.came)
        self.worker.look()
        for target in self.targets:
            self.worker.deliver(target, self.stop)
        return self.came[before:]


@pytest.fixture
def others(played: Centre) -> Others:
    return Others(played)


def test_a_class_is_told_once_and_again_when_something_happens(played: Centre, others: Others) -> None:
    assert others.turn() == [("province", "flag"), ("province", "closed")]
    assert others.turn() == others.turn(HOUR) == [], "nothing happened"
    decided(played)
    assert others.turn() == [("province", "decision")]
    state_review(played.store, CLASS, PRACTICE, "open", "看不清", "王", NOW)
    assert others.turn() == [("province", "flag"), ("province", "decision")], "review required now, and stale"
    state_review(played.store, CLASS, PRACTICE, "open", "还是看不清", "王", NOW)
    assert others.turn() == []


def test_a_key_that_is_revoked_and_a_moment_that_is_moved_are_told_of_the_classes_of_that_box(
    played: Centre, others: Others
) -> None:
    """The record that states it names no class."""
    others.turn()
    played.desk().revoke("box-1", "stolen")
    assert others.turn() == [], "all of it had come before"
    played.desk().revoke("box-1", "stolen", None, "2026-01-01T00:00:00.000000Z")
    assert others.turn() == [("province", "flag")] and others.turn() == []


def test_a_class_that_gets_records_all_the_time_is_looked_at_now_and_then(played: Centre, others: Others) -> None:
    others.turn()
    decided(played)
    assert others.turn(REST_US - 1) == []
    assert others.turn(1) == [("province", "decision")]


def test_whoever_is_away_gets_everything_in_order_when_back_and_holds_up_nobody_else(played: Centre) -> None:
    others = Others(played, ("province", "city"))
    others.answers = [AWAY]
    assert others.turn() == [("province", "flag"), ("city", "flag"), ("city", "closed")]
    with played.store.read() as tx:
        assert tx.target("province") == TargetState("province", 0, 1, others.clock.utc_us + 5 * SECOND, "HTTP 500")
    assert others.turn(5 * SECOND - 1) == []
    others.answers = [AWAY] * 12
    for wait_s in (1, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600):
        others.turn(wait_s * SECOND)
    assert others.came[3:] == [("province", "flag")] * 12, "twice as long each time, an hour at most"
    assert others.turn(HOUR) == [("province", "flag"), ("province", "closed")]
    with played.store.read() as tx:
        assert tx.target("province").up_to == tx.target("city").up_to == tx.last_event() == 2


def test_what_is_refused_for_good_is_noted_and_the_next_one_comes(played: Centre, others: Others) -> None:
    others.answers = [REFUSED]
    assert others.turn() == [("province", "flag"), ("province", "closed")]
    with played.store.read() as tx:
        assert tx.refusals("province") == [(1, "HTTP 400")] and tx.target("province").up_to == 2


@pytest.mark.parametrize("error", [PolicyGone(policy="x", class_id=CLASS), ZeroDivisionError()])
def test_a_class_that_cannot_be_told_holds_up_no_other_one(
    played: Centre, others: Others, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def gone(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(worker, "tell", gone)
        assert others.turn() == [] == others.turn()
    decided(played)
    assert [kind for _, kind in others.turn()] == ["flag", "decision", "closed"]


def test_who_is_stopped_hands_over_nothing_more(others: Others) -> None:
    others.stop.set()
    assert others.turn() == []


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as one:
        yield one


def target(centre: Centre, receiver: Receiver) -> Centre:
    """Name it in centre.toml."""
    with (centre.folder / "centre.toml").open("a", encoding="utf-8") as file:
        file.write(f'[[webhook.targets]]\nname = "province"\nurl = "{receiver.url}"\nprivate = true\n'
                   f'ca = "{receiver.ca}"\n')
    return open_centre(centre.folder)


def test_the_whole_road_with_a_server_that_fails_at_first(
    played: Centre, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = target(played, receiver)
    receiver.acts = [status(500), hang_up, status(400)]
    clock = FixedClock(NOW)
    worker = Worker(centre.store, clock, centre.webhook_targets(), lambda: 1.0)
    worker.look()
    for later_s in (0, 5, 10):
        clock.utc_us += later_s * SECOND
        worker.deliver(Target("province", centre.webhook_targets()[0].send), threading.Event())
    kinds = [json.loads(one.body)["kind"] for one in receiver.came]
    assert kinds == ["flag", "flag", "flag", "closed"] and len({one.id for one in receiver.came[:3]}) == 1
    assert main(["--lang", "en", "webhook", "status", "--centre", str(centre.folder)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].split()[2:] == ["2", "0", "1", "0", "-"] and said[3].split()[:2] == ["province", "1"]
    assert main(["--lang", "en", "webhook", "again", "province", "--centre", str(centre.folder)]) == 0
    assert capsys.readouterr().out == "province is told again: 2 events.\n"
    worker.deliver(centre.webhook_targets()[0], threading.Event())
    assert receiver.came[4].id == receiver.came[0].id and len(receiver.came) == 6
    assert main(["--lang", "zh", "webhook", "again", "nobody", "--centre", str(centre.folder)]) == 2
    assert main(["webhook", "secret", "province", "--centre", str(centre.folder)]) == 0
    assert capsys.readouterr().out.strip() == (centre.folder / "keys/webhook-province.secret").read_text().strip()


@pytest.mark.long
def test_a_process_that_is_killed_before_it_notes_the_answer_sends_the_same_event_again(
    played: Centre, receiver: Receiver
) -> None:
    """The receiver takes the event, kills the sender, and only then would answer."""
    centre = target(played, receiver)
    centre.store.close()
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        running.append(subprocess.Popen(
            [sys.executable, "-m", "central.cli", "webhook", "run", "--centre", str(centre.folder)], env=env))
        return running[-1]

    done = threading.Event()

    def kill(one: Receiver, handler: object) -> None:
        running[-1].send_signal(signal.SIGKILL)
        hang_up(one, handler)  # type: ignore[arg-type]

    def take(one: Receiver, handler: object) -> None:
        status(204)(one, handler)  # type: ignore[arg-type]
        if len({came.id for came in one.came}) == 2:
            done.set()

    receiver.acts = [kill, take, take, take]
    try:
        assert start().wait(60) == -signal.SIGKILL
        start()
        assert done.wait(60)
        assert end(running[-1])[0] == 0
    finally:
        for one in running:
            one.kill()
            one.wait()
    ids = [came.id for came in receiver.came]
    assert ids[0] == ids[1] and len(ids) == 3 and receiver.came[0].body == receiver.came[1].body


def test_only_one_process_tells_the_events_of_a_centre(played: Centre) -> None:
    with alone(played.folder, "webhook"), alone(played.folder), pytest.raises(WebhookRuns), \
            alone(played.folder, "webhook"):
        pytest.fail("two at once")


@pytest.mark.parametrize(("lines", "key"), [
    ('name = "a"\nurl = "http://x.example/"', "webhook.targets.0.url"),
    ('name = "a"\nurl = "https://u:p@x.example/"', "webhook.targets.0.url"),
    ('name = "A b"\nurl = "https://x.example/"', "webhook.targets.0.name"),
    ('name = "a"\nurl = "https://x.example/"\n[[webhook.targets]]\nname = "a"\nurl = "https://y.example/"',
     "webhook.targets"),
    ('name = "a"\nurl = "https://x.example/"\nsecret = "x"', "webhook.targets.0.secret"),
])
def test_a_target_that_cannot_be_told_is_named(centre: Centre, lines: str, key: str) -> None:
    with (centre.folder / "centre.toml").open("a", encoding="utf-8") as file:
        file.write(f"[[webhook.targets]]\n{lines}\n")
    with pytest.raises(BadShape) as caught:
        load_config(centre.folder)
    assert caught.value.params["key"] == key


def test_a_centre_without_targets_says_so(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "webhook", "status", "--centre", str(centre.folder)]) == 0
    said = "No target: centre.toml names nobody under [[webhook.targets]]."
    assert capsys.readouterr().out.strip() == translate(said, "zh") != said
