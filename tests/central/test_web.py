"""What the console answers over HTTP: who may ask, what is taken in, what is told."""
from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from central.classes import stories
from central.classes.stories import Stories
from central.ingest.collector import Message
from central.web.errors import NotLoopback, PortInUse
from central.web.kinds import RECORDS
from central.web.server import listen
from central.wiring import Centre
from evidence.bodies import TYPES
from evidence.records import Record
from evidence.rules import R3Finding
from evidence.story import Story
from tests.central.console import give_reason, media, program, signed_in
from tests.central.helpers import MORNING, NAMES, PLAN, Box, put, segment_of, sending
from tests.central.test_classes import add

pytest.importorskip("av")
HERE = "http://127.0.0.1:8470"
DATA = b"the bytes of a segment"
SHA = hashlib.sha256(DATA).hexdigest()
BLOCK = "2026-03-02-am"
MEDIA = media(SHA, "welder-1", BLOCK)


@pytest.fixture
def client(centre: Centre) -> TestClient:
    return signed_in(centre, "auditor", "410000")


@pytest.fixture
def announced(centre: Centre, tmp_path: Path) -> Box:
    add(centre, tmp_path)
    box = Box(centre)
    box.genesis()
    box.append(segment_of(DATA, MORNING, 60), MORNING + 61_000_000)
    centre.collector().take(box.messages())
    return box


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8470", "", "[::1", "a" * 300])
def test_another_name_for_this_machine_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8470", "[::1]:8470", "LOCALHOST"])
def test_our_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


def test_every_page_forbids_what_it_does_not_need(client: TestClient) -> None:
    for path in ("/", "/classes/none", "/static/zaitang.css", "/api/openapi.json"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_page_of_another_site_may_not_upload(client: TestClient, announced: Box) -> None:
    headers = {"origin": "https://evil.example", **sending(announced, DATA, MORNING)}
    answer = client.put(f"/api/segments/{SHA}", content=DATA, headers=headers)
    assert answer.status_code == 403


def test_head_is_answered_like_get_without_a_body(centre: Centre, client: TestClient, announced: Box) -> None:
    put(centre, DATA)
    give_reason(client, "welder-1", BLOCK)
    for path in ("/", "/classes/welder-1", MEDIA):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path
    assert client.head(MEDIA).headers["content-length"] == str(len(DATA))
    assert client.head("/classes/none").status_code == 404


@pytest.mark.parametrize(("asked", "status", "came"), [
    ("bytes=-3", 206, DATA[-3:]), ("bytes=4-", 206, DATA[4:]), ("bytes=0-999999999999999999999", 206, DATA),
    (f"bytes={len(DATA)}-", 416, None), ("bytes=-0", 416, None), ("bytes=9-5", 400, None), ("lines=1-2", 400, None),
    ("bytes=" + ",".join(f"{n}-" for n in range(500)), 200, DATA),
])
def test_odd_ranges_get_bytes_or_a_refusal(
    centre: Centre, client: TestClient, announced: Box, asked: str, status: int, came: bytes | None
) -> None:
    put(centre, DATA)
    give_reason(client, "welder-1", BLOCK)
    answer = client.get(MEDIA, headers={"range": asked})
    assert answer.status_code == status and came in (None, answer.content)


def test_a_range_of_another_version_gets_the_whole_file(centre: Centre, client: TestClient, announced: Box) -> None:
    put(centre, DATA)
    give_reason(client, "welder-1", BLOCK)
    headers = {"range": "bytes=0-3", "if-range": '"another"'}
    assert client.get(MEDIA, headers=headers).content == DATA


def test_what_is_not_there_is_one_sentence_in_the_readers_language(centre: Centre, client: TestClient) -> None:
    answer = client.get("/classes/none")
    assert (answer.status_code, "本中心没有班次 none" in answer.text) == (404, True)
    english = client.get("/classes/none?lang=en").text
    assert "<p>there is no class none" in english and "<h1>This page cannot be shown</h1>" in english
    told = program(centre).get("/api/v1/classes/none?lang=en").json()
    assert told == {"error": "there is no class none at this centre"}
    for path in ("/nowhere", "/classes/ÄÖ", "/records/box-1/zz/1", f"/records/box-1/{'ab' * 16}/99", "/media/x.mp4",
                 "/classes/none/blocks/b/check", "/classes/none/blocks/b/box-1/room.m3u8", "/records/x/y/-1"):
        assert client.get(path).status_code == 404, path


def test_a_class_without_any_record_has_a_page(centre: Centre, client: TestClient, tmp_path: Path) -> None:
    add(centre, tmp_path)
    assert client.get("/classes/welder-1").status_code == 200
    assert client.get("/").status_code == 200


def test_a_class_that_cannot_be_judged_takes_no_other_with_it(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        plan = PLAN.replace("welder-1", f"welder-{number}").replace("2026-03-02", f"2026-03-0{1 + number}")
        add(centre, tmp_path / str(number), plan)
    whole = stories.fold

    def fails(records: Iterable[Record], class_id: str, *given: Any, **more: Any) -> Story:
        return next(iter([])) if class_id == "welder-1" else whole(records, class_id, *given, **more)

    monkeypatch.setattr(stories, "fold", fails)
    client = signed_in(centre)
    for _ in range(2):
        page = client.get("/?lang=en")
        assert page.status_code == 200 and page.text.count('<span class="chip error">cannot be judged') == 2
        assert page.text.count("StopIteration") == 1 and 'href="/classes/welder-2"' in page.text
    for asks, path in ((client, "/classes/welder-1"), (program(centre), "/api/v1/classes/welder-1")):
        told = asks.get(f"{path}?lang=zh")
        assert told.status_code == 500 and "班次 welder-1 无法判定" in told.text
        assert asks.get(path.replace("-1", "-2")).status_code == 200
    assert {one.message for one in caplog.records if one.levelname == "ERROR"} == {"class.unjudged"}


SIMULATED_WORDS = {"zh": "模拟时钟：", "en": "Simulated clock: "}
LIVENESS_WORDS = {"zh": "未做活体检测：", "en": "Liveness not checked: "}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_not_real_is_said_on_every_page_that_shows_it(played: Centre, lang: str) -> None:
    client = signed_in(played)
    with played.store.read() as tx:
        chain = next(head.chain for head in tx.heads("box-1"))
        checkin = next(sealed.record.seq for sealed in tx.of_type("checkin"))
        order = tx.of_type("order.class")[0].record
    for path in ("/", "/classes/welder-1", f"/records/box-1/{chain}/{checkin}"):
        page = client.get(f"{path}?lang={lang}").text
        assert page.count(SIMULATED_WORDS[lang]) == page.count(LIVENESS_WORDS[lang]) == 1, path
    page = client.get(f"/records/{order.device}/{order.chain}/{order.seq}?lang={lang}").text
    assert SIMULATED_WORDS[lang] not in page, "the centre's own clock is real"
    assert LIVENESS_WORDS[lang] in page


def test_a_class_with_nothing_to_warn_of_has_no_warning(centre: Centre, client: TestClient, announced: Box) -> None:
    for path in ("/", "/classes/welder-1", f"/records/box-1/{announced.chain}/1"):
        page = client.get(path).text
        assert SIMULATED_WORDS["zh"] not in page and LIVENESS_WORDS["zh"] not in page


@pytest.mark.parametrize(("lang", "clear", "words"), [
    ("zh", "目前无预警", ("无预警，有不符合项", "不符合的判定：2 项")),
    ("en", "Clear so far", ("No flag, other findings", "findings violated: 2")),
])
def test_a_class_is_green_only_while_nothing_is_violated(
    played: Centre, monkeypatch: pytest.MonkeyPatch, lang: str, clear: str, words: tuple[str, str],
) -> None:
    told = Stories(played.store, played.clock).tell("welder-1")
    for count in (0, 2):
        client = signed_in(played)
        violated = [one.rule for one in told.findings if one.rule != "R3"][:count]
        found = tuple(
            dataclasses.replace(one, result="satisfied", flag=False, verdict="clear", recordings=(), trainees=())
            if isinstance(one, R3Finding)
            else dataclasses.replace(one, result="violated" if one.rule in violated else "satisfied")
            for one in told.findings)
        now = dataclasses.replace(told, findings=found)
        monkeypatch.setattr(Stories, "tell", lambda self, class_id, now=now: now)
        for path, green, grey in (("/", '"chip clear"', '"chip noted"'),
                                  ("/classes/welder-1", '"verdict clear"', '"verdict noted"')):
            page = re.sub(r"<option.*?</option>", "", client.get(f"{path}?lang={lang}").text)
            assert (green in page, grey in page) == (count == 0, count == 2), path
            assert [one in page for one in words] == [count == 2] * 2 and (f">{clear}<" in page) == (count == 0), path


def test_r7_says_which_files_are_at_the_centre(played: Centre) -> None:
    client = signed_in(played)
    files = sorted(played.folder.glob("objects/*/*.mp4"))
    page = client.get("/classes/welder-1?lang=en").text
    assert f"files of video on record: {len(files)}; no record says that any was removed before" in page
    assert f"at this centre: all {len(files)} of these files" in page
    for file in files[:2]:
        file.unlink()
    page = client.get("/classes/welder-1?lang=en").text
    assert f"at this centre: {len(files) - 2} of these files; not here, so still at the box, or lost: 2" in page
    assert "不在本中心" in client.get("/classes/welder-1?lang=zh").text


def test_a_record_has_a_page_with_its_proof(centre: Centre, client: TestClient, announced: Box) -> None:
    base = f"/records/box-1/{announced.chain}/1"
    page = client.get(base + "?lang=en").text
    assert "The seal holds" in page
    assert announced.sealed[1].hash in page
    assert "up to record 1" in page
    told = announced.sealed[1].record.utc
    assert f'title="{told}"' in page and f">{told}<" not in page and "(UTC+8)</time>" in page
    assert not re.search(r"given \d{4}-\d\d-\d\dT", page) and re.search(r"given \w+ \d+, \d{4} .*UTC\+8", page)
    assert client.get(base + "/envelope").content == announced.sealed[1].envelope


@pytest.mark.parametrize(("named", "looked_at"), [
    ("welder-1", "welder-1"), ("Ä ö", None), ("x" * 300, None), ("no-plan", None), ([], None), (7, None)])
def test_a_record_of_a_kind_that_nobody_knows_has_a_page(
    centre: Centre, client: TestClient, announced: Box, named: object, looked_at: str | None,
) -> None:
    """It may name anything as its class; the look at it must be on record all the same."""
    announced.say("of.tomorrow", {"class": named}, MORNING + 62_000_000)
    centre.collector().take(announced.messages())
    assert client.get(f"/records/box-1/{announced.chain}/2").status_code == 200
    with centre.store.read() as tx:
        look = tx.of_type("look.centre")[-1].record.body
    assert (look["class"], look["record"]["seq"]) == (looked_at, 2)


def test_kinds_of_records_and_refusals_are_told_in_words(
    centre: Centre, client: TestClient, announced: Box
) -> None:
    assert set(RECORDS) == set(TYPES)
    assert "录像文件" in client.get(f"/records/box-1/{announced.chain}/1").text
    centre.collector().take([Message("box-1", b"<script>alert(1)</script>"), Message("<b>", b"x")])
    page = client.get("/boxes").text
    assert page.count(">不是证据记录</td>") == 2 and ">不是 JSON</td>" in page
    assert "<script>alert" not in page


def test_text_from_records_cannot_become_markup(centre: Centre, client: TestClient, tmp_path: Path) -> None:
    plan = PLAN.replace("焊工（初级）第 1 期", "<script>alert(1)</script>")
    add(centre, tmp_path, plan, NAMES.replace("张伟", "<b>张</b>"))
    for path in ("/", "/classes/welder-1"):
        assert "<script>alert" not in client.get(path).text
    assert "&lt;b&gt;张" in client.get("/classes/welder-1").text


def test_language_is_remembered(client: TestClient) -> None:
    assert "班次" in client.get("/").text
    assert "Classes" in client.get("/?lang=en").text
    assert "Classes" in client.get("/").text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "example.org", "::", ""])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(NotLoopback):
        listen(host, 0)


def test_a_port_in_use_is_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(PortInUse, match="name another with --port"):
        listen("127.0.0.1", taken.getsockname()[1])
