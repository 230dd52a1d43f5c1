"""Letters are kept with what their account is up to, and handed over until they are taken, whatever the server does and
whenever the process dies."""
from __future__ import annotations

import dataclasses
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from central.cli import main
from central.mail import mailer
from central.mail.addresses import choose
from central.mail.confirm import CODE_US, ask, confirm
from central.mail.letter import BUNDLE_US
from central.mail.mailer import GIVE_UP_US, Mailer
from central.mail.post import Answer
from central.store.alarms import Alarmed
from central.store.letters import Letter
from central.wiring import Centre
from evidence.times import HOUR, SECOND
from tests.central.console import session_of
from tests.central.helpers import FixedClock
from tests.central.mail.smtp import letterbox
from tests.ending import end

TAKEN, AWAY = Answer(True, False, ""), Answer(False, True, "SMTP 421", away=True)
LATER, REFUSED = Answer(False, True, "SMTP 451"), Answer(False, False, "SMTP 550")


class Office:
    """Accounts that want mail, and a server that answers as the test says."""

    def __init__(self, centre: Centre, clock: FixedClock) -> None:
        self.centre, self.clock, self.stop = centre, clock, threading.Event()
        self.came: list[tuple[str, Letter]] = []
        self.answers: list[Answer] = []
        self.mailer = Mailer(centre.store, clock, self._send, "在堂", "https://c.example/", lambda: 1.0)
        centre.account_desk().put_institution("smx", "三门峡学校", "411200", None)
        for name, role, scope in (("admin", "administrator", None), ("school", "institution", "smx")):
            session_of(centre, role, scope, name)
            with centre.store.write() as tx:
                choose(tx, name, f"{name}@x.example", "urgent", "zh", clock.utc_us)

    def _send(self, to: str, letter: Letter) -> Answer:
        self.came.append((to, letter))
        return self.answers.pop(0) if self.answers else TAKEN

    def alarm(self, device: str = "box-1", institution: str | None = "smx") -> None:
        with self.centre.store.write() as tx:
            tx.put_alarm(Alarmed(0, "begun", "box.away", device, True, None, institution, self.clock.utc_us, "{}"))

    def turn(self, later_us: int = BUNDLE_US) -> list[str]:
        """To whom letters went in this turn."""
        self.clock.utc_us += later_us
        before = len(self.came)
        self.mailer.compose()
        self.mailer.deliver(self.stop)
        return [to for to, _ in self.came[before:]]


@pytest.fixture
def office(centre: Centre, clock: FixedClock) -> Office:
    return Office(centre, clock)


def test_each_gets_what_is_theirs_once(office: Office) -> None:
    office.alarm()
    office.alarm("box-9", "other")
    assert office.turn() == ["admin@x.example", "school@x.example"] and office.turn(HOUR) == []
    assert "box-9" in office.came[0][1].body and "box-9" not in office.came[1][1].body
    office.alarm("box-3", None)
    assert office.turn(HOUR) == ["admin@x.example"], "what is nobody's is the administrators'"


def test_of_alarms_of_before_nobody_who_begins_to_want_mail_hears(office: Office, centre: Centre) -> None:
    office.alarm()
    session_of(centre, "administrator", None, "late")
    with centre.store.write() as tx:
        choose(tx, "late", "late@x.example", "all", "en", office.clock.utc_us)
    assert office.turn() == ["admin@x.example", "school@x.example"]


def test_a_server_that_is_away_is_asked_again_later_and_gets_everything(office: Office) -> None:
    office.alarm()
    office.answers = [AWAY]
    assert office.turn() == ["admin@x.example"], "no other letter is tried now"
    assert office.turn(SECOND) == ["school@x.example"] and office.turn(8 * SECOND) == []
    assert office.turn(SECOND) == ["admin@x.example"]
    assert len({letter.id for to, letter in office.came if to.startswith("admin")}) == 1, "with the same Message-ID"


def test_a_recipient_that_is_refused_holds_nobody_up(office: Office) -> None:
    office.alarm()
    office.answers = [LATER]
    assert office.turn() == ["admin@x.example", "school@x.example"]
    office.answers = [REFUSED]
    assert office.turn(10 * SECOND) == ["admin@x.example"] and office.turn(HOUR) == []
    with office.centre.store.read() as tx:
        (given_up,) = tx.given_up_letters(9)
    assert given_up.account == "admin" and given_up.why == "SMTP 550"


def test_many_that_wait_for_their_recipients_hold_nobody_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailer, "MOST_LETTERS", 2)
    office.alarm()
    office.answers = [LATER, LATER]
    assert office.turn() == ["admin@x.example", "school@x.example"]
    with office.centre.store.write() as tx:
        tx.put_letter(Letter(0, "", "ab" * 16, "a", "b", office.clock.utc_us, to="third@x.example"))
    assert office.turn(SECOND) == ["third@x.example"]


def test_a_try_that_was_put_off_by_a_clock_that_was_ahead_comes_once_it_is_right(office: Office) -> None:
    office.alarm()
    office.turn()
    office.alarm("box-2")
    office.answers = [AWAY]
    assert office.turn(365 * 24 * HOUR) == []
    office.alarm("box-2")
    assert office.turn() == ["admin@x.example"]
    assert sorted({*office.turn(-365 * 24 * HOUR)}) == ["admin@x.example", "school@x.example"]


def test_a_letter_of_days_ago_is_given_up(office: Office) -> None:
    office.alarm()
    office.answers = [AWAY, AWAY]
    office.turn()
    assert office.turn(GIVE_UP_US + 1) == []
    with office.centre.store.read() as tx:
        assert len(tx.given_up_letters(9)) == 2 and tx.waiting_letters(9) == []


def test_who_wants_no_mail_or_is_shut_out_gets_none_not_even_what_waits(office: Office, centre: Centre) -> None:
    office.alarm()
    office.answers = [AWAY, AWAY]
    office.turn()
    with centre.store.write() as tx:
        choose(tx, "school", "", "none", "zh", 0)
    centre.account_desk().disable("admin", None)
    assert office.turn(HOUR) == []


def test_to_an_address_that_is_not_confirmed_goes_its_code_alone(office: Office, centre: Centre) -> None:
    session_of(centre, "administrator", None, "new")
    mail = dataclasses.replace(centre.config.mail, host="smtp.example")
    config = dataclasses.replace(centre.config, mail=mail)
    with centre.store.write() as tx:
        ask(tx, config, "new", "new@x.example", "urgent", "zh", office.clock.utc_us)
    office.alarm()
    assert office.turn() == ["new@x.example", "admin@x.example", "school@x.example"]
    with centre.store.write() as tx:
        asked = tx.asked("new")
        assert asked is not None and asked.code in office.came[0][1].body
        assert confirm(tx, "new", asked.code, office.clock.utc_us) is None
    office.alarm("box-2")
    assert "new@x.example" in office.turn(HOUR)


def test_a_code_that_does_not_hold_any_more_is_not_sent(office: Office, centre: Centre) -> None:
    mail = dataclasses.replace(centre.config.mail, host="smtp.example")
    with centre.store.write() as tx:
        ask(tx, dataclasses.replace(centre.config, mail=mail), "admin", "b@x.example", "all", "zh", office.clock.utc_us)
    office.answers = [AWAY]
    assert office.turn() == ["b@x.example"] and office.turn(CODE_US) == []


def test_a_word_to_an_address_of_before_goes_though_the_account_is_shut_out_and_other_mail_is_wanted(
    office: Office, centre: Centre
) -> None:
    word = Letter(0, "", "ab" * 16, "x", "y", office.clock.utc_us, to="old@x.example")
    config = dataclasses.replace(centre.config, mail=dataclasses.replace(centre.config.mail, host="smtp.example"))
    with centre.store.write() as tx:
        tx.put_letter(word)
        ask(tx, config, "admin", "b@x.example", "all", "zh", office.clock.utc_us)
        ask(tx, config, "admin", "", "none", "zh", office.clock.utc_us)
    centre.account_desk().disable("admin", None)
    office.answers = [AWAY]
    assert office.turn() == ["old@x.example"]
    assert office.turn(CODE_US + 1) == ["old@x.example"], "it waits as long as an alarm, not as a code"


def test_a_change_meanwhile_is_not_written_over(office: Office, centre: Centre) -> None:
    office.alarm()
    with centre.store.read() as tx:
        before = tx.want("school")
    assert before is not None
    with centre.store.write() as tx:
        choose(tx, "school", "new@x.example", "urgent", "en", 0)
        office.mailer._keep(tx, before, dataclasses.replace(before, now_up_to=9), 0)
        after = tx.want("school")
    assert after is not None and after.address == "new@x.example" and after.now_up_to == before.now_up_to


def configured(centre: Centre, port: int, ca: Path) -> None:
    path = centre.folder / "centre.toml"
    text = path.read_text().replace('[mail]\nhost = ""\nport = 587', f'[mail]\nhost = "localhost"\nport = {port}\n'
                                    f'ca = "{ca}"').replace('sender = ""', 'sender = "zaitang@c.example"')
    path.write_text(text)


def test_mail_test_says_what_the_server_answered(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with letterbox(tmp_path) as box:
        assert main(["--lang", "en", "mail", "test", "--to", "a@b.example", "--centre", str(centre.folder)]) == 2
        configured(centre, box.port, box.ca)
        assert main(["--lang", "en", "mail", "test", "--to", "a@b.example", "--centre", str(centre.folder)]) == 0
        assert box.came[0][0] == "a@b.example" and "took it" in capsys.readouterr().out
        box.says["RCPT"] = "550 nobody"
        assert main(["--lang", "en", "mail", "test", "--to", "a@b.example", "--centre", str(centre.folder)]) == 2
        assert "SMTP 550" in capsys.readouterr().err
        assert main(["--lang", "en", "mail", "status", "--centre", str(centre.folder)]) == 0
        assert main(["--lang", "en", "alarms", "list", "--centre", str(centre.folder)]) == 0


@pytest.mark.long
def test_a_process_killed_while_the_server_has_the_mail_sends_it_once_more_and_no_more(
    centre: Centre, tmp_path: Path
) -> None:
    session_of(centre, "administrator", None, "admin")
    now_us = time.time_ns() // 1000
    with centre.store.write() as tx:
        choose(tx, "admin", "admin@x.example", "urgent", "zh", now_us)
        tx.put_letter(Letter(0, "admin", "cd" * 16, "x", "y", now_us))
    with letterbox(tmp_path) as box:
        configured(centre, box.port, box.ca)
        held, go = threading.Event(), threading.Event()

        def hold(_: socketserver.StreamRequestHandler) -> None:
            held.set()
            go.wait(30)

        box.acts["TAKEN"] = hold
        run = [sys.executable, "-m", "central.cli", "alarms", "run", "--centre", str(centre.folder)]
        first = subprocess.Popen(run, stderr=subprocess.DEVNULL)
        try:
            assert held.wait(60)
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        finally:
            go.set()
            first.kill()
        box.acts.clear()
        second = subprocess.Popen(run, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            waits = True
            while waits and time.monotonic() < deadline:
                with centre.store.read() as tx:
                    waits = bool(tx.waiting_letters(1))
                time.sleep(0.05)
        finally:
            end(second)
    assert not waits and len(box.came) == 2
    assert {mail["Message-ID"] for _, mail in box.came} == {f"<{'cd' * 16}@c.example>"}
