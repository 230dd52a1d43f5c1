"""Dossiers and exports in the console: asked for, followed, downloaded, on record."""
from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.responses import Response

from central.dossier import desk
from central.dossier.bulk import HASH
from central.dossier.document import FILES
from central.dossier.errors import MayNoMore
from central.dossier.facts import facts_hash
from central.dossier.gather import gather
from central.dossier.layout import laid_out
from central.dossier.made import state_made
from central.dossier.packed import packed
from central.errors import UnknownClass
from central.web import exports
from central.wiring import Centre
from evidence.bodies import CentreLook, Export, body_of
from tests.central.console import send, signed_in
from tests.central.site import furnish

TRIES = 600


@pytest.fixture
def site(centre: Centre, tmp_path: Path) -> Centre:
    pytest.importorskip("av")
    furnish(centre, tmp_path)
    return centre


def stated(centre: Centre) -> tuple[list[str], list[str]]:
    """Classes with an export on record; looks of that kind."""
    with centre.store.read() as tx:
        exports = [body_of(one.record) for one in tx.of_type("export")]
        looks = [body_of(one.record) for one in tx.of_type("look.centre")]
    return ([one.class_id for one in exports if isinstance(one, Export)],
            [str(one.class_id) for one in looks if isinstance(one, CentreLook) and one.what == "export"])


def test_a_dossier_from_the_page_of_its_class_to_the_file(site: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "by_process", laid_out)  # the process has tests of its own
    client = signed_in(site, "supervisor", "411200")
    assert 'href="/classes/class-a/dossier"' in client.get("/classes/class-a").text
    place = send(client, "/classes/class-a/dossier", kind=".json").headers["location"]
    assert send(client, "/classes/class-a/dossier", kind=".json").headers["location"] == place, "shared"
    for _ in range(TRIES):
        page = client.get(place)
        assert page.status_code == 200
        if page.headers["refresh"] != "2":
            break
        threading.Event().wait(0.1)
    assert page.headers["refresh"] == f"1; url={place}/file"
    file = client.get(f"{place}/file")
    told = json.loads(file.content)
    assert told["class"] == "class-a" and "class-a.zh.json" in file.headers["content-disposition"]
    assert file.headers["cache-control"] == "no-store"
    assert told[HASH] == gather_hash(site)
    assert stated(site) == (["class-a"], ["class-a"])
    other = signed_in(site, "institution", "school-b")
    assert other.get(f"{place}/file").status_code == 404
    forgotten = client.get("/classes/class-a/dossier/none/file", follow_redirects=False)
    assert forgotten.headers["location"] == "/classes/class-a/dossier"


def gather_hash(centre: Centre) -> str:
    return facts_hash(gather(centre, "class-a", centre.checkpoint()))


def test_what_is_no_kind_is_asked_again(site: Centre) -> None:
    answer = send(signed_in(site), "/classes/class-a/dossier", kind=".exe")
    assert answer.headers["location"] == "/classes/class-a/dossier" and stated(site) == ([], [])


def chosen(client: TestClient, **asked: str) -> zipfile.ZipFile:
    answer = send(client, "/exports", **asked)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_many_classes_as_a_zip_of_what_is_within_reach(site: Centre) -> None:
    found = chosen(signed_in(site, "supervisor", "410000"), kind="json")
    assert found.namelist() == ["class-a.json", "class-b.json", "class-none.json"] and found.testzip() is None
    assert json.loads(found.read("class-b.json"))["institution_id"] == "school-b"
    found = chosen(signed_in(site, "institution", "school-a"), kind="csv")
    assert set(found.namelist()) == {f"class-a/{name}" for name in FILES}
    exports, looks = stated(site)
    assert exports == looks == ["class-a", "class-b", "class-none", "class-a"]


def test_what_is_chosen_is_what_was_asked(site: Centre) -> None:
    client = signed_in(site)
    assert chosen(client, region="411300", since="2026-03-02").namelist() == ["class-b.json"]
    for asked, said in (({"region": "4113"}, "六位"), ({"since": "x"}, "x"), ({"region": "420000"}, "没有符合条件")):
        page = send(client, "/exports", **asked)
        assert page.status_code == 422 and said in page.text and f'value="{asked.get("region", "")}"' in page.text


def test_an_export_that_is_broken_off_frees_the_place(site: Centre) -> None:
    stream = packed(site, ["class-a", "class-b"], site.checkpoint(), "json", "zh",
                    lambda facts: state_made(site, facts))
    next(stream)
    stream.close()
    assert stated(site)[0] == ["class-a"], "what was not sent is not on record"
    client = signed_in(site)
    for _ in range(2):
        assert len(chosen(client).namelist()) == 3


def test_attack_whoever_is_shut_out_while_an_export_runs_gets_no_more_of_it(
    site: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one that nobody takes any more keep others from theirs."""
    class Taken(Response):
        """The answer: its pieces are taken by the test."""

        def __init__(self, content: Iterator[bytes], **_: object) -> None:
            super().__init__()
            streams.append(content)

    streams: list[Iterator[bytes]] = []
    monkeypatch.setattr(exports, "StreamingResponse", Taken)
    client = signed_in(site, "supervisor", "410000")
    send(client, "/exports", kind="json")
    assert next(streams[0])
    site.account_desk().change("supervisor-410000", "supervisor", "411200", None)
    with pytest.raises(MayNoMore):
        b"".join(streams[0])
    assert stated(site)[0] == ["class-a"]
    assert send(client, "/exports", kind="json").status_code == 200, "the place is free again"


def test_a_class_that_cannot_be_told_is_named(site: Centre) -> None:
    parts = b"".join(packed(site, ["class-q", "class-a"], site.checkpoint(), "json", "en", lambda _: None))
    found = zipfile.ZipFile(io.BytesIO(parts))
    assert found.namelist() == ["class-a.json", "failed.txt"]
    assert found.read("failed.txt").decode() == f"class-q: {UnknownClass(class_id='class-q')}\n"
