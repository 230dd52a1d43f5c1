"""The page where an account says which mails of alarms it wants."""
from __future__ import annotations

from central.store.letters import Want
from central.wiring import Centre
from tests.central.console import send, signed_in


def want(centre: Centre, account: str = "wang") -> Want | None:
    with centre.store.read() as tx:
        return tx.want(account)


def test_one_says_what_one_wants_changes_it_and_ends_it(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    assert "您不接收邮件" in client.get("/own").text
    assert "尚未设置邮件服务器" in client.get("/own/alarms").text
    said = {"address": " wang@office.example ", "lang": "en"}
    assert send(client, "/own/alarms", level="urgent", **said).headers["location"] == "/own/alarms?done=saved"
    kept = want(centre)
    assert kept is not None and (kept.address, kept.lang, kept.level) == ("wang@office.example", "en", "urgent")
    assert "wang@office.example" in client.get("/own").text and "已保存" in client.get("/own/alarms?done=saved").text
    send(client, "/own/alarms", level="all", **said)
    assert (kept := want(centre)) is not None and kept.level == "all"
    send(client, "/own/alarms", level="none", **said)
    assert want(centre) is None


def test_what_is_no_address_is_told_and_what_was_typed_stays(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    for address in ("", "wang", "a@x.example\r\nBcc: b@y.example", '"><script>@x.example'):
        answer = send(client, "/own/alarms", level="all", address=address, lang="zh")
        assert answer.status_code == 422 and "<script>@" not in answer.text and want(centre) is None
    assert 'value="wang"' in send(client, "/own/alarms", level="all", address="wang", lang="zh").text


def test_what_is_no_choice_is_none(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    send(client, "/own/alarms", level="everything", address="a@b.example", lang="zh")
    assert want(centre) is None
    send(client, "/own/alarms", level="all", address="a@b.example", lang="fr")
    assert (kept := want(centre)) is not None and kept.lang == "zh"


def test_each_account_has_its_own(centre: Centre) -> None:
    client = signed_in(centre, "supervisor", "411200", "wang")
    send(client, "/own/alarms", level="all", address="a@b.example", lang="zh")
    other = signed_in(centre, "supervisor", "411200", "zhao")
    assert "a@b.example" not in other.get("/own/alarms").text and want(centre, "zhao") is None
