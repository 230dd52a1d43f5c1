"""The page where an account says which mails of alarms it wants, and shows that the address is its own."""
from __future__ import annotations

import dataclasses
import re

import pytest
from fastapi.testclient import TestClient

from central.mail.confirm import CODE_US, DAY_US, MOST_CODES, TRIES
from central.store.letters import Letter, Want
from central.wiring import Centre
from common.reasons import moment_words
from evidence.bodies import AccountChanged, body_of
from tests.central.console import send, signed_in
from tests.central.helpers import FixedClock


@pytest.fixture
def centre(centre: Centre) -> Centre:
    """One that sends mail."""
    mail = dataclasses.replace(centre.config.mail, host="smtp.example", sender="zaitang@c.example")
    return dataclasses.replace(centre, config=dataclasses.replace(centre.config, mail=mail))


def want(centre: Centre, account: str = "wang") -> Want | None:
    with centre.store.read() as tx:
        return tx.want(account)


def codes(centre: Centre) -> list[Letter]:
    """Those that wait, as they would be sent."""
    with centre.store.read() as tx:
        return tx.waiting_letters(99)


def code_of(letter: Letter) -> str:
    (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", letter.body)
    return code


def ask(client: TestClient, address: str, level: str = "all", lang: str = "zh") -> str:
    return send(client, "/own/alarms", level=level, address=address, lang=lang).headers["location"]


def confirm(client: TestClient, code: str) -> int:
    return send(client, "/own/alarms/code", code=code).status_code


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_one_says_what_one_wants_changes_it_and_ends_it(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    assert "您不接收邮件" in client.get("/own").text and 'name="code"' not in client.get("/own/alarms").text
    assert ask(client, " wang@office.example ", "urgent", "en") == "/own/alarms?done=sent"
    assert want(centre) is None, "nothing else goes to an address that nobody confirmed"
    (letter,) = codes(centre)
    assert letter.to == "wang@office.example" and "Is this your address" in letter.subject
    assert "wang@office.example 尚待输入验证码" in client.get("/own").text
    assert "wang@office.example 是您的地址吗" in client.get("/own/alarms").text
    code = code_of(letter)
    answer = send(client, "/own/alarms/code", code=f" {code[:3]} {code[3:]} ")
    assert answer.headers["location"] == "/own/alarms?done=confirmed" and codes(centre) == []
    kept = want(centre)
    assert kept is not None and (kept.address, kept.lang, kept.level) == ("wang@office.example", "en", "urgent")
    assert "尚待" not in client.get("/own").text and "地址已确认" in client.get("/own/alarms?done=confirmed").text
    assert ask(client, "wang@office.example") == "/own/alarms?done=saved", "it was confirmed before"
    assert (kept := want(centre)) is not None and kept.level == "all" and codes(centre) == []
    ask(client, "", "none")
    assert want(centre) is None


def test_mail_goes_to_the_address_before_until_the_new_one_is_confirmed(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    ask(client, "old@b.example")
    confirm(client, code_of(codes(centre)[0]))
    ask(client, "new@b.example")
    assert (kept := want(centre)) is not None and kept.address == "old@b.example"
    assert "在此之前，邮件仍发送至 old@b.example" in client.get("/own/alarms").text
    ask(client, "old@b.example")
    assert codes(centre) == [] and 'name="code"' not in client.get("/own/alarms").text
    ask(client, "new@b.example")
    confirm(client, code_of(codes(centre)[0]))
    assert (kept := want(centre)) is not None and kept.address == "new@b.example"


def told(centre: Centre) -> list[Letter]:
    """Words to addresses to which mail goes no more."""
    return [one for one in codes(centre) if not one.account]


def stated(centre: Centre) -> list[tuple[str, str | None]]:
    """What is on record of mail, and who did it."""
    with centre.store.read() as tx:
        bodies = [body_of(sealed.record) for sealed in tx.of_type("account")]
    return [(one.what, one.by) for one in bodies if isinstance(one, AccountChanged) and one.what.startswith("mail")]


def test_the_address_to_which_mail_goes_no_more_is_told_and_it_is_on_record(centre: Centre, clock: FixedClock) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    ask(client, "old@b.example", lang="en")
    confirm(client, code_of(codes(centre)[0]))
    ask(client, "old@b.example", "urgent", "en")
    ask(client, "new@b.example")
    assert told(centre) == [] and stated(centre) == [("mail.on", "wang")], "as long as it goes there"
    confirm(client, code_of(codes(centre)[0]))
    (letter,) = told(centre)
    assert letter.to == "old@b.example" and "No mail of alarms comes to this address" in letter.subject
    assert "account wang" in letter.body and "another address" in letter.body and "new@b.example" not in letter.body
    assert moment_words(clock.utc_us, 480, "en") in letter.body
    ask(client, "", "none")
    ask(client, "", "none")
    _, gone = told(centre)
    assert gone.to == "new@b.example" and "今后此账号不再接收" in gone.body and "wang" in gone.body
    assert stated(centre) == [("mail.on", "wang"), ("mail.moved", "wang"), ("mail.off", "wang")]
    auditor = signed_in(centre, "administrator", None, "chen")
    assert "账号 wang 的警报邮件改发其他地址" in auditor.get("/audit").text
    assert "b.example" not in auditor.get("/audit").text


def test_a_centre_that_sends_no_mail_keeps_no_letter_that_would_wait_for_ever(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    ask(client, "old@b.example")
    confirm(client, code_of(codes(centre)[0]))
    silent = dataclasses.replace(centre, config=dataclasses.replace(
        centre.config, mail=dataclasses.replace(centre.config.mail, host="")))
    ask(signed_in(silent, "supervisor", "411200", "wang"), "", "none")
    assert codes(centre) == [] and stated(centre)[-1] == ("mail.off", "wang")


def test_a_code_bears_few_wrong_tries_and_another_one_ends_it(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    assert confirm(client, "000000") == 422, "nobody asked for one"
    ask(client, "wang@b.example")
    right = code_of(codes(centre)[0])
    for wrong in (other_than(right), "", "x" * 4000, "１２３４５６", right[:5]):
        assert confirm(client, wrong) == 422
    assert confirm(client, right) == 422 and want(centre) is None, f"{TRIES} were wrong"
    ask(client, "wang@b.example")
    (again,) = codes(centre)
    assert code_of(again) == right or confirm(client, right) == 422
    assert confirm(client, code_of(again)) == 303 and want(centre) is not None


def test_a_code_holds_for_an_hour(centre: Centre, clock: FixedClock) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    ask(client, "wang@b.example")
    clock.utc_us += CODE_US
    client = signed_in(centre, "supervisor", "411200", "wang")
    assert confirm(client, code_of(codes(centre)[0])) == 422 and want(centre) is None
    assert 'name="code"' not in client.get("/own/alarms").text and "尚待" not in client.get("/own").text


def test_an_account_gets_few_codes_a_day(centre: Centre, clock: FixedClock) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    for number in range(MOST_CODES):
        ask(client, f"victim{number}@b.example")
        ask(client, "", "none")
    refused = {"level": "all", "address": "victim@b.example", "lang": "zh"}
    assert send(client, "/own/alarms", **refused).status_code == 422 and codes(centre) == []
    other = signed_in(centre, "supervisor", "411200", "zhao")
    assert ask(other, "zhao@b.example") == "/own/alarms?done=sent"
    clock.utc_us += DAY_US + 1
    client = signed_in(centre, "supervisor", "411200", "wang")
    assert ask(client, "wang@b.example") == "/own/alarms?done=sent"


def test_a_centre_that_sends_no_mail_says_so_and_takes_no_address(centre: Centre) -> None:
    silent = dataclasses.replace(centre, config=dataclasses.replace(
        centre.config, mail=dataclasses.replace(centre.config.mail, host="")))
    client = signed_in(silent, "supervisor", "411200", "wang")
    assert "尚未设置邮件服务器" in client.get("/own/alarms").text
    assert send(client, "/own/alarms", level="all", address="a@b.example", lang="zh").status_code == 422
    assert codes(centre) == []


def test_what_is_no_address_is_told_and_what_was_typed_stays(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    for address in ("", "wang", "a@x.example\r\nBcc: b@y.example", '"><script>@x.example'):
        answer = send(client, "/own/alarms", level="all", address=address, lang="zh")
        assert answer.status_code == 422 and "<script>@" not in answer.text and codes(centre) == []
    assert 'value="wang"' in send(client, "/own/alarms", level="all", address="wang", lang="zh").text


def test_what_is_no_choice_is_none(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    ask(client, "a@b.example", "everything")
    assert want(centre) is None and codes(centre) == []
    ask(client, "a@b.example", "all", "fr")
    assert "验证码" in codes(centre)[0].body


def test_each_account_has_its_own(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    ask(client, "a@b.example")
    other = signed_in(centre, "supervisor", "411200", "zhao")
    assert "a@b.example" not in other.get("/own/alarms").text
    assert confirm(other, code_of(codes(centre)[0])) == 422 and want(centre, "zhao") is None
