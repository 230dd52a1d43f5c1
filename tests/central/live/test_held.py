"""The list of live pictures is held until it is another one: for so long, for so many, and nobody else waits for it."""
from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

import central.web.held as helds
from central.live.hub import MOST_GIVEN, Hub
from central.web.held import HELD_S, Held
from tests.central.console import COOKIE
from tests.central.helpers import FixedClock
from tests.central.live.pushing import Camera, answer, wanted
from tests.central.live.served import open_site, serving, viewer
from tests.central.live.test_hub import order, push
from tests.central.live.test_viewers import look

T = TypeVar("T")
MANY = 45
"""More than there are threads for requests."""


@pytest.fixture
def hub() -> Hub:
    made = Hub(FixedClock())
    made.see("box-1", "video", "li")
    push(made, order(), 0, 3)
    return made


def apart(what: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: a browser of another test may have left a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, what).result()


def lists(held: Held, *asked: tuple[str, int]) -> list[tuple[int, float]]:
    """Of each who asks at once: how many pieces were listed, and after how long."""

    async def ask(viewer: tuple[str, int]) -> tuple[int, float]:
        began = time.monotonic()
        return (await held.playlist("box-1", viewer)).count("EXTINF"), time.monotonic() - began

    async def all_() -> list[tuple[int, float]]:
        return await asyncio.gather(*map(ask, asked))

    return apart(all_())


def test_who_had_it_gets_it_with_the_next_piece_and_who_comes_gets_it_at_once(hub: Hub) -> None:
    held = Held(hub)
    ((count, after_s),) = lists(held, ("li", 1))
    assert count == 3 and after_s < 0.2
    threading.Timer(0.8, lambda: push(hub, order(), 4, 4)).start()
    again, other = lists(held, ("li", 1), ("li", 2))
    assert again[0] == 4 and 0.5 < again[1] < 1.3 and other[0] == 3 and other[1] < 0.2
    ((count, after_s),) = lists(held, ("li", 2))
    assert count == 4 and after_s < 0.2, "something new was there already"


def test_who_comes_first_waits_until_there_is_enough_to_begin_with() -> None:
    hub = Hub(FixedClock())
    push(hub, order(), 0, 2)
    threading.Timer(0.8, lambda: push(hub, order(), 3, 3)).start()
    ((count, after_s),) = lists(Held(hub), ("li", 1))
    assert count == 3 and 0.5 < after_s < 1.3


def test_it_is_held_for_little_longer_than_a_piece_lasts(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 2 < HELD_S <= 3
    monkeypatch.setattr(helds, "HELD_S", 0.5)
    held = Held(hub)
    (_, (count, after_s)) = lists(held, ("li", 1))[0], lists(held, ("li", 1))[0]
    assert count == 3 and 0.4 < after_s < 0.9


def test_so_many_wait_and_no_more(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helds, "HELD_S", 0.5)
    monkeypatch.setattr(helds, "MOST_HELD", 2)
    held, four = Held(hub), [("li", number) for number in range(4)]
    lists(held, *four)
    assert sorted(after_s > 0.4 for _, after_s in lists(held, *four)) == [False, False, True, True]
    assert sorted(after_s > 0.4 for _, after_s in lists(held, *four)) == [False, False, True, True], "places come back"


def test_what_was_given_is_remembered_of_so_many(hub: Hub) -> None:
    for number in range(MOST_GIVEN + 1):
        hub.give("box-1", ("li", number))
    assert hub.is_new("box-1", ("li", 0)) and not hub.is_new("box-1", ("li", MOST_GIVEN))
    assert len(hub._channels["box-1", "video"].given) == MOST_GIVEN
    assert hub.give("box-9", ("li", 1)) == "" and hub.is_new("box-9", ("li", 1)), "nothing there is told at once"


def test_nobody_else_waits_while_many_lists_are_held(
    tmp_path: Path, quick_hashes: None, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(helds, "HELD_S", 30)
    with open_site(tmp_path) as (centre, box), serving(centre) as port:
        li = viewer(centre, port, "li")
        look(li)
        (ordered,) = wanted(centre)
        answer(centre, box, ordered, centre.clock.stamp().utc_us)
        camera = Camera(box, ordered[0], centre.clock.stamp().utc_us)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as sender:
            assert camera.play(sender, 3) == [204] * 4

            async def all_() -> tuple[float, list[int]]:
                limits = httpx.Limits(max_connections=None)
                async with httpx.AsyncClient(base_url=li.base_url, cookies={COOKIE: li.cookies[COOKIE]}, limits=limits,
                                             timeout=40) as client:
                    names = [f"/live/box-1/stream.m3u8?join={number}" for number in range(MANY)]
                    await asyncio.gather(*map(client.get, names))
                    waiting = [asyncio.create_task(client.get(name)) for name in names]
                    await asyncio.sleep(1)
                    began = time.monotonic()
                    assert (await client.get("/live/box-1/state")).status_code == 200
                    other_s = time.monotonic() - began
                    assert not any(one.done() for one in waiting)
                    assert await asyncio.to_thread(camera.play, sender, 1, 3) == [204]
                    return other_s, [(await one).text.count("EXTINF") for one in waiting]

            other_s, counts = apart(all_())
        assert other_s < 10 and counts == [4] * MANY
        assert li.get("/live/box-1/stream.m3u8?join=x").status_code == 404
