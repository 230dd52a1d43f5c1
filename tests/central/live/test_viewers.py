"""Twenty people look into one room by real HTTP: one order, one upload, and everybody sees all of it."""
from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from central.accounts.door import form_token
from central.wiring import open_centre
from tests.central.console import COOKIE
from tests.central.live.pushing import Camera, answer, pieces, wanted
from tests.central.live.served import open_site, serving, viewer

pytest.importorskip("av")
VIEWERS, SECONDS = 20, 6
INIT, CUT = pieces()


def look(client: httpx.Client) -> int:
    token = form_token(client.cookies[COOKIE])
    return client.post("/live/box-1", data={"token": token, "reason": "other", "why": "抽查"}).status_code


def watch(client: httpx.Client, stop: threading.Event, got: dict[str, bytes], codes: Counter[int]) -> None:
    """As a player does: the list, and each piece once."""
    while not stop.is_set():
        said = client.get("/live/box-1/state")
        codes[said.status_code] += 1
        listed = client.get("/live/box-1/stream.m3u8")
        for name in [line for line in listed.text.splitlines() if line.endswith(".m4s") and line not in got]:
            piece = client.get(name)
            codes[piece.status_code] += 1
            got[name] = piece.content
        time.sleep(0.2)


@pytest.mark.long
def test_twenty_viewers_of_one_box(tmp_path: Path, quick_hashes: None) -> None:
    with open_site(tmp_path) as (centre, box), serving(centre) as port:
        people = [viewer(centre, port, f"viewer-{number}") for number in range(VIEWERS)]
        assert {look(one) for one in people} == {303}
        (order,) = wanted(centre)
        answer(centre, box, order, centre.clock.stamp().utc_us)
        stop, codes = threading.Event(), Counter[int]()
        got: list[dict[str, bytes]] = [{} for _ in people]
        threads = [threading.Thread(target=watch, args=(one, stop, mine, codes))
                   for one, mine in zip(people, got, strict=True)]
        for thread in threads:
            thread.start()
        camera = Camera(box, order[0], centre.clock.stamp().utc_us)
        said = []
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as sender:
            said.append(camera.put(sender, INIT, 0, "init").status_code)
            for number in range(1, SECONDS + 1):
                camera.now_us = centre.clock.stamp().utc_us
                said.append(camera.put(sender, CUT[number - 1], number).status_code)
                time.sleep(0.4)
        told = people[0].get("/live/box-1/state").json()
        time.sleep(1.5)
        stop.set()
        for thread in threads:
            thread.join()
        assert said == [204] * (SECONDS + 1) and len(wanted(centre)) == 1
        assert told["viewers"] == VIEWERS and told["state"] == "running" and told["delay_s"] < 5
        assert all(sorted(mine.values()) == sorted(CUT[:SECONDS]) for mine in got)
        assert set(codes) == {200}
        with centre.store.read() as tx:
            assert len(tx.of_type("look.centre")) == 2 * VIEWERS, "it began, a picture came; and no record for a piece"


def test_a_centre_that_is_served_again_goes_on(tmp_path: Path, quick_hashes: None) -> None:
    with open_site(tmp_path) as (centre, box):
        with serving(centre) as port:
            li = viewer(centre, port, "li")
            look(li)
            (order,) = wanted(centre)
            answer(centre, box, order, centre.clock.stamp().utc_us)
            camera = Camera(box, order[0], centre.clock.stamp().utc_us)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as sender:
                assert camera.play(sender, 3) == [204] * 4
            with pytest.raises(httpx.HTTPError):
                _broken(port, camera)
        again = open_centre(centre.folder)
        with serving(again, port) as there, httpx.Client(base_url=f"http://127.0.0.1:{there}") as sender:
            camera.now_us = again.clock.stamp().utc_us
            assert camera.put(sender, CUT[3], 4).status_code == 409
            camera.epoch += 1
            assert camera.play(sender, 2) == [204] * 3
            assert li.get("/live/box-1/state").json()["state"] == "running"
            assert li.get("/live/box-1/stream.m3u8").text.count("EXTINF") == 2
            assert len(wanted(again)) == 1
        again.store.close()


def _broken(port: int, camera: Camera) -> None:
    """A box whose line ends in the middle of a piece: nothing of that is shown."""

    def some() -> object:
        yield CUT[3][:50]
        raise httpx.WriteError("the line ends")

    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as sender:
        sender.put(f"/api/live/{camera.order.hash}/0/4", content=some(),  # type: ignore[arg-type]
                   headers=camera.headers(CUT[3], 4, "video"))
