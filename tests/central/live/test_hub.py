"""What is kept of live pictures, for how long, and how much."""
from __future__ import annotations

import threading

import pytest

import central.live.hub as hubs
from central.live.decide import GRACE_US, ORDER_S, SEEN_US, TAKEN_US, Ordered, Standing
from central.live.errors import TooManyRooms, TooManyViewers
from central.live.hub import KEPT_US, MOST_VIEWERS, Hub, check_form
from common.hls import BadMedia, read_init
from evidence.live import LiveFragment
from evidence.times import SECOND, utc_text
from tests.central.helpers import MORNING, FixedClock
from tests.central.live.pushing import jpeg, pieces
from tests.common.test_hls import lasting

INIT, CUT = pieces()


def order(number: int = 1, device: str = "box-1", form: str = "video", made_us: int = MORNING) -> Ordered:
    return Ordered(f"{number:064x}", number, device, form, made_us, made_us + TAKEN_US, ORDER_S, "accepted")  # type: ignore[arg-type]


def fragment(
    ordered: Ordered, number: int, epoch: int = 0, at_us: int = MORNING, skipped: bool = False
) -> LiveFragment:
    what = "picture" if ordered.form == "pictures" else "init" if number == 0 else "video"
    return LiveFragment(1, ordered.device, "centre", ordered.hash, epoch, number, utc_text(at_us), what, skipped,  # type: ignore[arg-type]
                        "0" * 64, 1, utc_text(at_us + SECOND))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def hub(clock: FixedClock) -> Hub:
    made = Hub(clock)
    made.see("box-1", "video", "li")
    return made


def push(hub: Hub, ordered: Ordered, first: int, last: int, epoch: int = 0) -> list[str]:
    said = [hub.take(ordered, fragment(ordered, 0, epoch), INIT)] if first == 0 else []
    return said + [hub.take(ordered, fragment(ordered, number, epoch), CUT[number - 1])
                   for number in range(max(1, first), last + 1)]


def brought(hub: Hub, one: Ordered, number: int) -> bytes | None:
    found = hub.piece("box-1", one.hash, 0, number)
    return None if found is None else found.data


def test_what_came_is_served_under_the_name_that_its_box_gave_it(hub: Hub) -> None:
    one = order()
    assert hub.offer(one, fragment(one, 0)) == "take" and push(hub, one, 0, 3) == ["take"] * 4
    assert brought(hub, one, 2) == CUT[1] and hub.init("box-1", one.hash, 0) == INIT
    for named in (("box-1", one.hash, 0, 4), ("box-1", "0" * 64, 0, 2), ("box-2", one.hash, 0, 2)):
        assert hub.piece(*named) is None
    text = hub.playlist("box-1")
    assert text.count("EXTINF:1.0") == 3 and hub.playlist("box-1") is text, "made once for all who ask"
    assert hub.offer(one, fragment(one, 3)) == "again" and hub.offer(one, fragment(one, 4)) == "take"


def test_the_target_duration_never_changes_and_what_would_is_refused(hub: Hub) -> None:
    one, said = order(), set[str]()
    push(hub, one, 0, 2)
    tick = read_init(INIT).timescale // 10  # ten pictures a piece
    data = lasting(CUT[2], round(2.2 * tick))
    assert hub.take(one, fragment(one, 3), data) == "take"
    said |= {line for line in hub.playlist("box-1").splitlines() if "TARGETDURATION" in line}
    for seconds in (2.5, 9.0):
        with pytest.raises(BadMedia):
            hub.take(one, fragment(one, 4), lasting(CUT[3], round(seconds * tick)))
    push(hub, one, 4, 20)
    said |= {line for line in hub.playlist("box-1").splitlines() if "TARGETDURATION" in line}
    assert said == {"#EXT-X-TARGETDURATION:2"}


def test_a_piece_without_its_header_and_a_hub_that_forgot_ask_for_one(hub: Hub, clock: FixedClock) -> None:
    one = order()
    assert hub.offer(one, fragment(one, 5)) == "init" and hub.take(one, fragment(one, 5), CUT[0]) == "init"
    push(hub, one, 0, 3)
    again = Hub(clock)
    assert again.offer(one, fragment(one, 4)) == "init", "and nobody had to come back yet"
    assert again.take(one, fragment(one, 0, 1), INIT) == "take" and push(again, one, 1, 2, 1) == ["take"] * 2
    numbers = [int(text.split("MEDIA-SEQUENCE:")[1].split("\n")[0]) for text in (
        hub.playlist("box-1"), again.playlist("box-1"))]
    assert numbers[1] >= numbers[0] - 3
    clock.utc_us += 60 * SECOND
    late = Hub(clock)
    late.take(one, fragment(one, 0, 2), INIT)
    push(late, one, 1, 1, 2)
    sequence = int(late.playlist("box-1").split("MEDIA-SEQUENCE:")[1].split("\n")[0])
    assert sequence > numbers[1] + 60, "a player sees no number twice"


def test_nobody_watches(hub: Hub, clock: FixedClock) -> None:
    one = order()
    push(hub, one, 0, 2)
    clock.utc_us += SEEN_US - 1
    assert hub.offer(one, fragment(one, 3)) == "take"
    clock.utc_us += 1
    assert hub.offer(one, fragment(one, 3)) == "gone"
    assert hub.size == 0 and hub.playlist("box-1") == "" and hub.init("box-1", one.hash, 0) is None
    hub.see("box-1", "video", "wang")
    assert hub.offer(one, fragment(one, 0, 1)) == "gone", "the box was told that it is over"
    two = order(2)
    assert hub.offer(two, fragment(two, 0)) == "take"


def test_after_a_restart_viewers_have_a_while_to_come_back(clock: FixedClock) -> None:
    hub, one = Hub(clock), order()
    assert hub.offer(one, fragment(one, 7)) == "init"
    push(hub, one, 0, 2)
    clock.utc_us += GRACE_US - 1
    assert hub.offer(one, fragment(one, 3)) == "take"
    clock.utc_us += 1
    assert hub.offer(one, fragment(one, 3)) == "gone"


def test_who_leaves_does_not_watch(hub: Hub) -> None:
    hub.see("box-1", "video", "wang")
    assert hub.stands("box-1", "video").viewers == 2
    hub.leave("box-1", "video", "li")
    hub.leave("box-1", "video", "nobody")
    hub.leave("box-9", "video", "li")
    assert hub.stands("box-1", "video").viewers == 1 and hub.stands("box-9", "video") == Standing()


def test_a_newer_order_takes_the_place_of_the_one_before_and_a_player_plays_on(hub: Hub) -> None:
    one, two = order(), order(2)
    push(hub, one, 0, 3)
    push(hub, two, 0, 2)
    assert hub.offer(one, fragment(one, 4)) == "gone" and hub.take(one, fragment(one, 4), CUT[3]) == "gone"
    text = hub.playlist("box-1")
    assert text.count("EXTINF") == 5 and text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert brought(hub, one, 3) == CUT[2]


def test_a_minute_is_kept_and_no_longer(hub: Hub, clock: FixedClock) -> None:
    one = order()
    push(hub, one, 0, 2)
    clock.utc_us += KEPT_US - 1
    hub.sweep()
    assert hub.piece("box-1", one.hash, 0, 1) is not None
    clock.utc_us += 1
    hub.sweep()
    assert hub.piece("box-1", one.hash, 0, 1) is None and hub.size == 0 and hub.playlist("box-1") == ""
    clock.utc_us = one.last_us
    hub.sweep()
    assert hub._channels == {}


def test_one_channel_and_all_of_them_hold_so_much_at_most(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    size = max(map(len, CUT))
    monkeypatch.setattr(hubs, "MOST_CHANNEL", 5 * size)
    monkeypatch.setattr(hubs, "MOST_ALL", 12 * size)
    hub = Hub(clock)
    for number in range(1, 7):
        one = order(number, f"box-{number}")
        hub.see(one.device, "video", "li")
        push(hub, one, 0, 12)
        assert hub.size <= 12 * size
        assert 0 < hub._channels[one.device, "video"].size <= 5 * size
    assert all(channel.pieces for channel in hub._channels.values()), "nobody's are all taken away for another's"


def test_viewers_and_rooms_are_bounded(hub: Hub, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MOST_VIEWERS - 1):
        hub.see("box-1", "video", f"a-{number}")
    with pytest.raises(TooManyViewers):
        hub.see("box-1", "video", "one-more")
    hub.see("box-1", "video", "li")
    clock.utc_us += SEEN_US
    hub.see("box-1", "video", "one-more")
    monkeypatch.setattr(hubs, "MOST_CHANNELS", 1)
    with pytest.raises(TooManyRooms):
        hub.see("box-2", "video", "li")


def test_of_pictures_the_newest_alone_is_kept(clock: FixedClock) -> None:
    hub, one = Hub(clock), order(form="pictures")
    hub.see("box-1", "pictures", "li")
    for number in range(1, 4):
        assert hub.offer(one, fragment(one, number)) == "take"
        hub.take_picture(one, fragment(one, number), jpeg(number))
    found = hub.picture("box-1")
    assert found is not None and found.data == jpeg(3) and hub.size == len(jpeg(3))
    assert hub.playlist("box-1") == "" and hub.picture("box-2") is None
    before = found.place
    hub.take_picture(one, fragment(one, 1), jpeg(9))  # its process began anew
    assert hub.picture("box-1").place > before  # type: ignore[union-attr]


def test_how_late_and_how_often_left_out(hub: Hub, clock: FixedClock) -> None:
    one = order()
    hub.take(one, fragment(one, 0), INIT)
    hub.take(one, fragment(one, 1, skipped=True), CUT[0])
    assert hub.stands("box-1", "video").skipped == 0, "after a restart of the centre no line was slow"
    clock.utc_us += 3 * SECOND
    hub.take(one, fragment(one, 2, skipped=True), CUT[4])
    stands = hub.stands("box-1", "video")
    assert (stands.skipped, stands.skipped_us, stands.delay_us) == (1, clock.utc_us, 3 * SECOND)
    assert hub.playlist("box-1").count("#EXT-X-DISCONTINUITY\n") == 1, "its times jump"
    hub.take(one, fragment(one, 3, at_us=clock.utc_us + 1), CUT[5])
    assert hub.stands("box-1", "video").delay_us is None, "its clock is ahead"


def test_hostile_pieces_change_nothing(hub: Hub) -> None:
    one = order()
    push(hub, one, 0, 1)
    for data in (b"", b"x" * 100, INIT, CUT[2][:-1]):
        with pytest.raises(BadMedia):
            hub.take(one, fragment(one, 2), data)
    with pytest.raises(BadMedia):
        hub.take(one, fragment(one, 0, 1), CUT[0])
    assert hub.playlist("box-1").count("EXTINF") == 1 and hub.offer(one, fragment(one, 2)) == "take"


def test_a_piece_is_what_the_order_wants() -> None:
    video, pictures = order(), order(form="pictures")
    for ordered, other in ((video, pictures), (pictures, video)):
        for number in (0, 1):
            check_form(ordered, fragment(ordered, number))
            with pytest.raises(BadMedia):
                check_form(ordered, fragment(other, number))


def test_many_threads_at_once(clock: FixedClock) -> None:
    hub = Hub(clock)
    wrong: list[BaseException] = []

    def work(name: int) -> None:
        try:
            one = order(1, f"box-{name % 3}")
            for at in range(60):
                hub.see(one.device, "video", f"a-{name}")
                hub.take(one, fragment(one, 0, at), INIT)
                hub.take(one, fragment(one, 1, at), CUT[0])
                hub.playlist(one.device)
                hub.sweep()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(9)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == [] and hub.size == sum(channel.size for channel in hub._channels.values())
    assert all(channel.size == sum(len(piece.data) for piece in channel.pieces) for channel in hub._channels.values())


def test_rooms_that_nobody_watches_any_more_make_room_for_others(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hubs, "MOST_CHANNELS", 3)
    hub = Hub(clock)
    for number in range(3):
        one = order(device=f"box-{number}", form="pictures")
        hub.see(one.device, "pictures", "li")
        assert hub.offer(one, fragment(one, 1)) == "take"
        assert hub.take_picture(one, fragment(one, 1), jpeg()) == "take"
    with pytest.raises(TooManyRooms):
        hub.see("box-9", "pictures", "wang")
    clock.utc_us += SEEN_US
    hub.sweep()
    hub.see("box-9", "pictures", "wang")
    assert hub.stands("box-9", "pictures").viewers == 1 and hub.size == 0


def test_one_viewer_does_not_take_the_places_of_all(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_EACH", 2)
    hub = Hub(clock)
    for device in ("box-1", "box-2", "box-1"):
        hub.see(device, "pictures", "li")
    with pytest.raises(TooManyRooms):
        hub.see("box-3", "pictures", "li")
    hub.see("box-3", "pictures", "wang")
    clock.utc_us += SEEN_US
    hub.see("box-3", "pictures", "li")
