"""Copies over HTTP: asked for, told how far they are, played and marked; what check and playlist say of them."""
from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

av = pytest.importorskip("av")
from central.wiring import Centre, init_centre, open_centre  # noqa: E402
from tests.central.case_pages import kept  # noqa: E402
from tests.central.console import give_reason, signed_in  # noqa: E402
from tests.central.derived.films import InH265, seen  # noqa: E402
from tests.central.helpers import FixedClock  # noqa: E402
from tests.central.test_replay import BASE, BLOCK, CLASS, NOW, PATH, facts  # noqa: E402

OF = f"?class={CLASS}&block={BLOCK}"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a centre with a practice in H.265; not to be changed."""
    folder = tmp_path_factory.mktemp("hevc")
    opened = init_centre(folder / "centre", test_keys=True, clock=FixedClock(NOW))
    InH265(opened, folder).play()
    opened.store.close()
    return folder / "centre"


@pytest.fixture
def centre(recorded: Path, tmp_path: Path) -> Iterator[Centre]:
    shutil.copytree(recorded, tmp_path / "centre")
    opened = open_centre(tmp_path / "centre", FixedClock(NOW))
    yield opened
    opened.store.close()


@pytest.fixture
def li(centre: Centre) -> TestClient:
    client = signed_in(centre, "supervisor", "410000", "li")
    give_reason(client, CLASS, BLOCK)
    return client


def shas(centre: Centre) -> list[str]:
    return [one.segment.sha256 for one in facts(centre)]


def at(sha256: str) -> str:
    return f"/media/{sha256}.h264.mp4{OF}"


def awaited(client: TestClient, sha256: str) -> bytes:
    deadline = time.monotonic() + 60
    while (answer := client.get(at(sha256))).status_code == 202:
        assert time.monotonic() < deadline and answer.headers["retry-after"] == "2"
        time.sleep(0.05)
    assert (answer.status_code, answer.headers["x-zaitang-derived"]) == (200, sha256)
    return answer.content


def camera(client: TestClient, plays: str = "?plays=h264") -> dict[str, list[dict[str, object]]]:
    (told,) = client.get(f"{BASE}/check{plays}").json()["cameras"]
    return told  # type: ignore[no-any-return]


def test_a_copy_is_made_told_marked_and_played(centre: Centre, li: TestClient) -> None:
    sha256 = shas(centre)[1]
    first = li.get(f"{at(sha256)}&lang=en")
    assert first.status_code == 202 and first.json()["state"] in ("waiting", "making")
    assert "copy in H.264" in first.json()["text"]
    data = awaited(li, sha256)
    original = centre.objects.path(sha256).read_bytes()
    assert [one[0] for one in seen(data)] == [one[0] for one in seen(original)]
    with av.open(io.BytesIO(data)) as opened:
        comment = opened.metadata["comment"]
    assert comment.startswith(f"derived from sha256 {sha256} by zaitang") and comment.endswith("not evidence")
    part = li.get(at(sha256), headers={"range": "bytes=0-0"})
    assert (part.status_code, part.content) == (206, data[:1])
    assert [one.what for one in kept(centre, "look.centre") if getattr(one, "file", "") == sha256] == ["video"]


def test_the_check_and_the_playlist_say_what_plays(centre: Centre, li: TestClient) -> None:
    names = shas(centre)
    told = camera(li, "")
    assert [(one["codec"], one["derived"]) for one in told["parts"]] == [("hevc", False)] * 4 and told["waiting"] == []
    assert li.get(f"{BASE}/box-1/room.m3u8").text.count(".h264.mp4") == 0
    told = camera(li)
    assert told["parts"] == [] and told["problems"] == []
    assert [(one["segment"], one["codec"], one["derived"]) for one in told["waiting"]] == [
        (one, "hevc", False) for one in names]
    assert li.get(f"{BASE}/box-1/room.m3u8?plays=h264").status_code == 404
    awaited(li, names[0])
    for plays in ("", "?plays=h264"):
        told = camera(li, plays)
        assert (told["parts"][0]["segment"], told["parts"][0]["derived"]) == (names[0], True)
        playlist = li.get(f"{BASE}/box-1/room.m3u8{plays}").text
        assert f'URI="/media/{names[0]}.h264.mp4?' in playlist and f"/media/{names[0]}.mp4" not in playlist
        assert (f"/media/{names[1]}.mp4" in playlist) == (plays == "")
    assert [one["kind"] for one in li.get(f"{PATH}/state?plays=h264").json()["cameras"][0]["parts"]] == [
        "here", "copy", "copy", "copy"]
    assert li.get(f"{BASE}/check?plays=vhs").status_code == 404


@pytest.mark.long
def test_two_who_ask_at_once_get_the_same(centre: Centre, li: TestClient) -> None:
    sha256, found = shas(centre)[0], list[bytes]()
    threads = [threading.Thread(target=lambda: found.append(awaited(li, sha256))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 3 and len(set(found)) == 1


def test_nothing_is_made_of_what_is_changed_or_gone_nor_without_a_reason(centre: Centre, li: TestClient) -> None:
    first, second = shas(centre)[:2]
    path = centre.objects.path(first)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    centre.objects.path(second).unlink()
    assert li.get(at(first)).status_code == li.get(at(second)).status_code == 404
    assert li.get(f"/media/{shas(centre)[2]}.h264.mp4").status_code == 403
    assert not (centre.folder / "objects" / "derived").exists()
    copied = awaited(li, shas(centre)[3])
    centre.objects.path(shas(centre)[3]).write_bytes(copied)
    assert li.get(at(shas(centre)[3])).status_code == 404, "a copy of what was changed meanwhile is not shown"


def test_what_cannot_be_made_and_what_is_too_much_has_words(
    centre: Centre, li: TestClient, monkeypatch: pytest.MonkeyPatch,
) -> None:
    let = threading.Event()

    def spoilt(*_: object) -> None:
        let.wait(60)
        raise OSError

    monkeypatch.setattr("central.derived.desk.by_process", spoilt)
    client = signed_in(centre, "supervisor", "410000", "li")
    name = shas(centre)[0]
    assert client.get(at(name)).status_code == 202
    let.set()
    deadline = time.monotonic() + 60
    while (answer := client.get(f"{at(name)}&lang=en")).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert answer.status_code == 422 and "no copy in H.264 can be made" in answer.json()["error"]
    told = camera(client)
    assert len(told["problems"]) == 1 and len(told["waiting"]) == 3
    let.clear()
    monkeypatch.setattr("central.derived.desk.WAITING", 1)
    crowded = signed_in(centre, "supervisor", "410000", "li")
    codes = [crowded.get(at(one)).status_code for one in shas(centre)]
    assert codes[0] == 202 and codes[-1] == 429
    let.set()
