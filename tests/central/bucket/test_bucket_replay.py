"""Looking at, and exporting, a class whose video lies in the bucket."""
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

pytest.importorskip("av")
from central.bucket.bucket import key_of
from central.cache.choice import SPARED_US
from central.export import export_class
from central.wiring import Centre, open_centre
from tests.central.bucket.conftest import Shop, keep_in_bucket
from tests.central.console import give_reason, signed_in
from tests.central.test_replay import BLOCK, CLASS, PATH, Lived, ask, course, facts, kinds, lived, uploads_ordered
from verify.cli import main

__all__ = ["course", "lived"]


@pytest.fixture
def centre(lived: Lived, shop: Shop) -> Iterator[Centre]:
    """The lived centre; all its video is in the bucket, and nothing of it here."""
    folder = lived[0].folder
    keep_in_bucket(folder, shop.place())
    opened = open_centre(folder, lived[0].clock)
    opened.cache._limit = 0
    with opened.store.write() as tx:
        for sha256 in opened.objects.all():
            tx.mark_stored(sha256, 0)  # as if boxes had sent them
    mover = opened.mover()
    assert mover is not None
    while mover.some():
        pass
    opened.cache.trim(opened.clock.stamp().utc_us + SPARED_US + 1)
    opened.cache._limit = 1 << 40
    yield opened
    opened.store.close()


@pytest.fixture
def li(centre: Centre) -> TestClient:
    client = signed_in(centre, "supervisor", "410000", "li")
    give_reason(client, CLASS, BLOCK)
    return client


def words(client: TestClient) -> list[str]:
    return [one["words"] for one in client.get(f"{PATH}/state?lang=en").json()["cameras"][0]["parts"]]


def test_a_minute_is_fetched_when_it_is_asked_for_and_no_box_is_told(centre: Centre, li: TestClient) -> None:
    assert set(kinds(li)) == {"away"} and set(words(li)) == {"in the object store; it is fetched when it is asked for"}
    asked = ask(li)
    assert asked[0] == 200 and int(asked[1]) > 0 and uploads_ordered(centre) == []
    until = time.monotonic() + 30
    while kinds(li).count("here") < int(asked[1]) and time.monotonic() < until:
        time.sleep(0.05)
    assert kinds(li).count("here") == int(asked[1]) and "away" in kinds(li)


def test_attack_a_file_spoilt_in_the_store_is_refused_in_words(centre: Centre, li: TestClient, shop: Shop) -> None:
    for fact in facts(centre):
        shop.spoil(key_of(fact.segment.sha256), b"not this")
    assert ask(li)[0] == 200
    until = time.monotonic() + 30
    while not any("has other bytes than were stored" in said for said in words(li)) and time.monotonic() < until:
        time.sleep(0.05)
    assert any("has other bytes than were stored" in said for said in words(li)) and "here" not in kinds(li)


def test_an_export_brings_what_it_needs(centre: Centre, tmp_path: Path) -> None:
    folder = export_class(centre, CLASS, tmp_path / "out").folder
    assert main([str(folder)]) == 0
    assert centre.objects.has(facts(centre)[0].segment.sha256)


def test_the_pages_count_it_as_kept(centre: Centre, li: TestClient) -> None:
    page = li.get(f"/classes/{CLASS}?lang=en")
    assert page.status_code == 200
    assert centre.has_video(facts(centre)[0].segment.sha256)
