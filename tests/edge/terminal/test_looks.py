"""When the room was looked at live, told from the box's own chain: each look once, none left out."""
from __future__ import annotations

import dataclasses
import functools
from typing import Any, Literal

import pytest

from edge.terminal.live_sign import Watched
from edge.terminal.looks import LiveLook, LiveLooks
from edge.terminal.screen import Screen
from evidence.bodies import LiveEnded
from evidence.box_orders import BoxOrder, BoxSettings, OrderAnswered, WantedLive
from evidence.chain import next_record
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text

from .conftest import START

UNTIL = "2030-01-01T00:00:00.000000Z"


Result = Literal["accepted", "refused"]


def taken(room: Any, number: int, form: Literal["video", "pictures"] = "video", result: Result = "accepted") -> str:
    """The box answers an order for live pictures. The hash of the order."""
    body = BoxOrder("box-1", number, UNTIL, "watch", watch=WantedLive("room", form, 600, "zhang"))
    return answer(room, body, result)


def answer(room: Any, body: BoxOrder, result: Result = "accepted") -> str:
    record = next_record(room.store.head(), device="box-1", chain=room.store.chain, type="order.box", body=encode(body),
                         stamp=room.clock.stamp())
    sealed = seal_record(record, KeySigner(room.keys.device))
    why = "" if result == "accepted" else "no_camera"
    room.store.answer(sealed, OrderAnswered(sealed.hash, body.number, result, why), ())  # type: ignore[arg-type]
    return str(sealed.hash)


def over(room: Any, order: str, began_us: int | None, why: str = "nobody", pieces: int | None = 9) -> None:
    """The box states that it is over."""
    began = None if began_us is None else utc_text(began_us)
    room.store.append("live.ended", LiveEnded(order, "room", "video", began, pieces, pieces, why))  # type: ignore[arg-type]


def at(minutes: float) -> int:
    return START + round(minutes * MINUTE)


@pytest.fixture
def looks(room: Any) -> LiveLooks:
    return LiveLooks(room.store)


def test_a_look_is_there_from_its_order_on_and_ends_by_the_record(room: Any, looks: LiveLooks) -> None:
    assert looks.look() == ()
    answer(room, BoxOrder("box-1", 1, UNTIL, "settings", settings=BoxSettings(lang="en")))
    taken(room, 2, result="refused")
    assert looks.look() == ()
    room.at(10)
    order = taken(room, 3)
    assert looks.look() == (LiveLook(at(10), at(20), False, True, frozenset({"video"}), (3,)),)
    room.at(20)
    over(room, order, at(10) + 3 * SECOND)
    assert looks.look() == (LiveLook(at(10) + 3 * SECOND, at(20), True, True, frozenset({"video"}), (3,)),)


def test_orders_that_follow_each_other_are_one_look(room: Any, looks: LiveLooks) -> None:
    room.at(0)
    first = taken(room, 1)
    room.at(9)
    second = taken(room, 2)
    over(room, first, at(0.1), "newer")
    assert [(one.began_us, one.until_us, one.ended, one.numbers) for one in looks.look()] == [
        (at(0.1), at(19), False, (1, 2))]
    room.at(12)
    over(room, second, at(9))
    assert [(one.began_us, one.until_us, one.ended, one.numbers) for one in looks.look()] == [
        (at(0.1), at(12), True, (1, 2))]
    room.at(12 + 11 / 60)
    taken(room, 3, "pictures")
    assert [one.numbers for one in looks.look()] == [(1, 2), (3,)], "some seconds later it is another one"


def test_a_wall_beside_a_video_is_one_look_of_both_forms(room: Any, looks: LiveLooks) -> None:
    room.at(0)
    wall = taken(room, 1, "pictures")
    room.at(2)
    video = taken(room, 2)
    room.at(3)
    over(room, video, at(2))
    room.at(8)
    over(room, wall, at(0))
    assert looks.look() == (LiveLook(at(0), at(8), True, True, frozenset({"video", "pictures"}), (1, 2)),)


def test_nothing_sent_is_told_and_what_nobody_knows_counts_as_sent(room: Any, looks: LiveLooks) -> None:
    room.at(0)
    order = taken(room, 1)
    room.at(1)
    over(room, order, None, "time", 0)
    room.at(2)
    lost = taken(room, 2)
    room.at(5)
    over(room, lost, None, "restart", None)
    assert [(one.sent, one.began_us) for one in looks.look()] == [(False, at(0)), (True, at(2))]


def test_the_chain_is_read_anew_only_when_it_says_more(
    room: Any, looks: LiveLooks, monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken(room, 1)
    known, orders = looks.look(), room.store.orders
    read: list[int] = []

    def told_anew() -> Any:
        read.append(1)
        return orders()

    monkeypatch.setattr(room.store, "orders", told_anew)
    assert looks.look() is known and not read
    taken(room, 2)
    assert len(looks.look()) == 1 and read == [1]


def told(room: Any, lang: str = "en") -> dict[str, Any]:
    screen = Screen(room.config, room.clock, room.memory, lambda: None, lambda: 0.0, False,
                    looks=LiveLooks(room.store).look)
    found = screen.state(lang)["looks"]
    assert isinstance(found, dict)
    return found


def test_the_page_lists_those_of_today_the_newest_first(room: Any) -> None:
    assert told(room)["lines"] == []
    room.take_order()
    room.at(-560)
    over(room, taken(room, 1), at(-560))  # 23:20 of the day before
    room.at(10)
    over(room, taken(room, 2), None, "nobody", 0)
    first = taken(room, 3)
    room.at(20)
    over(room, first, at(10))
    room.at(30)
    taken(room, 4, "pictures")
    assert told(room) == {"title": "Looked at live today: 3", "lines": [
        "Since 09:10, not over yet · single pictures · order 4",
        "08:50–09:00 · live video · order 3",
        "08:50: asked for, nothing was sent · order 2",
    ]}
    assert told(room, "zh") == {"title": "今日远程查看：3 次", "lines": [
        "09:10 开始，尚未结束 · 单张画面 · 第 4 号指令",
        "08:50–09:00 · 实时视频 · 第 3 号指令",
        "08:50：有过请求，未传出画面 · 第 2 号指令",
    ]}


def test_a_look_that_goes_on_began_when_the_sign_says(room: Any) -> None:
    room.at(0.5)
    room.take_order()
    taken(room, 1)
    for later_us, said in ((50 * SECOND, "Since 08:41"), (200 * SECOND, "Since 08:40"), (-SECOND, "Since 08:40")):
        screen = Screen(room.config, room.clock, room.memory, lambda: None, lambda: 0.0, False,
                        looks=LiveLooks(room.store).look, watched=functools.partial(Watched, at(0.5) + later_us))
        (line,) = screen.state("en")["looks"]["lines"]
        assert line.startswith(said)


def test_one_whose_end_nobody_stated_is_over_with_its_order_and_swallows_no_other(room: Any) -> None:
    room.at(0)
    taken(room, 1)
    room.at(30)
    over(room, taken(room, 2), at(30))
    assert told(room)["lines"] == [
        "09:10–09:10 · live video · order 2", "From 08:40, until 08:50 at the latest · live video · order 1"]
    assert told(room, "zh")["lines"][1] == "08:40 开始，最晚至 08:50 · 实时视频 · 第 1 号指令"


def test_a_box_that_was_off_does_not_tell_that_it_was_looked_into_meanwhile(room: Any) -> None:
    room.at(0)
    room.take_order()
    lost = taken(room, 1)
    room.at(40)
    over(room, lost, at(0.1), "time", None)
    kept = taken(room, 2)
    room.at(45)
    over(room, kept, at(40.1), "nobody", None)
    assert told(room)["lines"] == [
        "09:20–09:25 · live video · order 2", "From 08:40, until 08:50 at the latest · live video · order 1"]


def test_one_over_midnight_is_of_both_days(room: Any) -> None:
    room.at(920)  # 24:00
    room.clock.utc -= 5 * MINUTE
    order = taken(room, 1)
    room.clock.utc += 10 * MINUTE
    over(room, order, room.clock.utc - 10 * MINUTE)
    assert told(room)["lines"] == ["03-02 23:55–00:05 · live video · order 1"]


def test_no_account_is_told_to_the_room(room: Any) -> None:
    taken(room, 1)
    assert "zhang" not in repr(told(room)) and "zhang" not in repr(dataclasses.asdict(LiveLooks(room.store).look()[0]))
