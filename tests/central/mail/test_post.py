"""One mail to a real server: by TLS that is verified, bounded in time, and with nothing in its head but what we put."""
from __future__ import annotations

import base64
import dataclasses
import socketserver
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.config import Mail, load_config
from central.errors import BadAddress, BadKeyFile
from central.mail import post as module
from central.mail.addresses import check_address
from central.mail.post import NO_TLS, Answer, Server, message, post, server_of
from evidence.errors import BadShape
from tests.central.mail.smtp import Letterbox, letterbox

AT = 1_772_411_400_000_000


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Letterbox]:
    with letterbox(tmp_path) as made:
        yield made


def mail_of(mail: Mail, subject: str = "在堂：1 条警报") -> object:
    return message(mail, "wang@school.example", subject, "第一行\n.second\n", "ab" * 16, AT)


def hand_over(box: Letterbox, **changes: object) -> Answer:
    server = Server(dataclasses.replace(box.mail, **changes), "secret")  # type: ignore[arg-type]
    return post(server, mail_of(server.mail))  # type: ignore[arg-type]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_it_arrives_by_tls_whole(tls: str, tmp_path: Path) -> None:
    with letterbox(tmp_path, tls) as box:
        assert hand_over(box, user="zaitang") == Answer(True, False, "")
        ((to, came),) = box.came
        assert base64.b64decode(box.users[0]) == b"\0zaitang\0secret"
    assert (to, came["To"], came["From"]) == ("wang@school.example",) * 2 + ("zaitang@centre.example",)
    assert came["Subject"] == "在堂：1 条警报" and came["Auto-Submitted"] == "auto-generated"
    assert came["Message-ID"] == f"<{'ab' * 16}@centre.example>" and came["Date"].datetime.timestamp() * 10**6 == AT
    assert came.get_content().replace("\r\n", "\n") == "第一行\n.second\n"


def test_a_server_for_which_nobody_vouches_gets_nothing(box: Letterbox) -> None:
    answer = hand_over(box, ca="")
    assert not answer.taken and answer.again and answer.away and "vouches" in answer.why
    assert hand_over(box, host="127.0.0.2").away
    assert box.came == []


def test_a_server_that_hides_its_tls_gets_neither_password_nor_mail(box: Letterbox) -> None:
    box.says["EHLO"] = "250-here\n250 AUTH PLAIN"
    assert hand_over(box, user="zaitang") == Answer(False, True, NO_TLS, away=True)
    assert box.users == box.came == []


@pytest.mark.parametrize(("verb", "code", "again", "away"), [
    ("RCPT", 550, False, False), ("RCPT", 451, True, False), ("DATA", 554, False, False), ("DATA", 452, True, False),
    ("TAKEN", 552, False, False), ("TAKEN", 451, True, False), ("AUTH", 535, True, True), ("MAIL", 550, True, True),
    ("HELLO", 554, True, True)])
def test_what_is_refused_for_good_and_what_is_tried_again(
    box: Letterbox, verb: str, code: int, again: bool, away: bool
) -> None:
    box.says[verb] = f"{code} no"
    assert hand_over(box, user="zaitang") == Answer(False, again, f"SMTP {code}", away)


def test_a_server_that_is_not_there_is_told_in_words(box: Letterbox) -> None:
    answer = hand_over(box, port=9)
    assert not answer.taken and answer.away and answer.why


def test_a_server_that_is_silent_and_one_that_drips_are_left_in_time(
    box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: socketserver.StreamRequestHandler) -> None:
        while not box.ended.wait(0.05):
            handler.wfile.write(b"2")

    monkeypatch.setattr(module, "SILENT_S", 0.3)
    monkeypatch.setattr(module, "WHOLE_S", 1.0)
    for verb, act in (("HELLO", lambda _: box.ended.wait(20)), ("DATA", drip)):
        box.acts = {verb: act}  # type: ignore[dict-item]
        begun = time.monotonic()
        answer = hand_over(box)
        assert not answer.taken and answer.again and answer.away and time.monotonic() - begun < 5


@pytest.mark.parametrize("subject", [
    "x\r\nBcc: evil@x.example", "x\n\nbody", "x\x00\x0b\x85Bcc: a@b.example", "警" * 5000])
def test_no_subject_makes_another_header(box: Letterbox, subject: str) -> None:
    assert post(Server(box.mail), mail_of(box.mail, subject)).taken  # type: ignore[arg-type]
    ((_, came),) = box.came
    assert came["Bcc"] is None and came["To"] == "wang@school.example" and "第一行" in came.get_content()


@pytest.mark.parametrize("text", [
    "", "wang", "wang@", "@x.example", "a b@x.example", "a@x.example\r\nBcc: b@y.example", "<a@x.example>",
    "a@x.example,b@y.example", "王@x.example", "a@x..example", "a" * 65 + "@x.example", "a@" + "x" * 300])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        check_address(text)


def test_the_password_comes_from_the_credential_or_the_folder_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = Mail("smtp.example", user="zaitang", sender="a@b.example")
    with pytest.raises(BadKeyFile):
        server_of(mail, tmp_path)
    (tmp_path / "mail.password").write_text("of the folder\n")
    assert server_of(mail, tmp_path).password == "of the folder"
    (tmp_path / "given").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "given"))
    assert server_of(mail, tmp_path).password == "of the folder"
    (tmp_path / "given" / "mail").write_text("of systemd")
    assert server_of(mail, tmp_path).password == "of systemd" and "systemd" not in repr(server_of(mail, tmp_path))


@pytest.mark.parametrize("text", [
    'host = "smtp.example"', 'host = "smtp.example"\nsender = "a@b.example"\ntls = "none"',
    'host = "localhost"\nsender = "a@b.example"\ntls = "none"\nuser = "x"', 'sender = "a@b.example\\nBcc: x@y.example"',
    'port = 0', 'host = "a b"'])
def test_centre_toml_with_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "centre.toml").write_text(f'device = "centre"\nname = "x"\n[mail]\n{text}\n')
    with pytest.raises(BadShape):
        load_config(tmp_path)
