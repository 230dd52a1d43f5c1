"""Live pictures in memory: what boxes brought within the last minute, and who watches. Nothing of it is stored.

One channel for each box and form. A restart forgets all; channels are taken on again when their boxes go on.
"""
from __future__ import annotations

import dataclasses
import threading
from collections import deque

from central.clock import Clock
from central.live.decide import (
    GRACE_US,
    SEEN_US,
    Form,
    Ordered,
    Place,
    Standing,
    Verdict,
    answer,
    answer_picture,
    watched,
)
from central.live.errors import TooManyRooms, TooManyViewers
from central.live.stream import Piece, goes_on, stream
from common.hls import BadMedia, Init, read_init, read_piece
from common.texts import N_
from evidence.live import LiveFragment
from evidence.times import SECOND, utc_us

KEPT_US = 60 * SECOND
MOST_PIECE, MOST_CHANNEL, MOST_ALL = 8 << 20, 64 << 20, 512 << 20
"""Bytes: of a piece, of what is kept of a channel, and of all channels together."""
MOST_PIECES, MOST_INITS = 400, 8
"""Of a channel: pieces, and headers of its newest epochs."""
MOST_CHANNELS, MOST_VIEWERS, MOST_EACH = 256, 100, 96
"""Channels, viewers of one, and channels that one viewer watches at once: four pages of a wall."""
PER_SECOND = 10
"""Numbers in a playlist for each second before a start of the centre: none is given twice, however short pieces are."""
MOST_PARTS = 100_000
"""Timelines are counted from the seconds of about a day on: hls.js counts to the number of the newest one, again for
each piece, and stood still for a minute at those of the whole time since 1970."""
MOST_GIVEN = 4 * MOST_VIEWERS
"""Players of a channel of which it is known what they were given."""
ENOUGH_S = 2.5
"""Of video, for a player that begins: with less Chromium gives up, or stands still a few times until it has more."""
Key = tuple[str, Form]
Viewer = tuple[str, int]
"""Who watches in which player: an account, and the number that its page gave to the player."""


@dataclasses.dataclass
class _Channel:
    """What is here of one box and form. `since_us`: when it was made; `came_us`: the newest piece, also one that is let
    go of; `begun_us`: when it was taken on because its box sent, whoever watches;
    `closed`: the number of the newest order that is over here; `last_us`: until when that may still be asked (UTC);
    `given`: the newest place in the list that each player got."""

    place: int
    part: int
    since_us: int
    came_us: int | None = None
    pieces: deque[Piece] = dataclasses.field(default_factory=deque)
    inits: dict[tuple[str, int], tuple[Init, bytes]] = dataclasses.field(default_factory=dict)
    seen: dict[str, int] = dataclasses.field(default_factory=dict)
    given: dict[Viewer, int] = dataclasses.field(default_factory=dict)
    known: Place | None = None
    begun_us: int | None = None
    closed: int = 0
    last_us: int = 0
    size: int = 0
    skipped: int = 0
    skipped_us: int | None = None
    delay_us: int | None = None
    text: str | None = None


class Hub:
    """For any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._channels: dict[Key, _Channel] = {}

    # --- viewers

    def see(self, device: str, form: Form, account: str) -> None:
        """Somebody watches now. Raises TooManyViewers, TooManyRooms."""
        now_us = self._clock.stamp().mono_us
        with self._lock:
            known = self._channels.get((device, form))
            if (known is None or account not in known.seen) and self._watches(account, now_us) >= MOST_EACH:
                raise TooManyRooms
            channel = self._channel((device, form))
            if account not in channel.seen and len(channel.seen) >= MOST_VIEWERS:
                _forget(channel, now_us)
                if len(channel.seen) >= MOST_VIEWERS:
                    raise TooManyViewers
            channel.seen[account] = now_us

    def leave(self, device: str, form: Form, account: str) -> None:
        """Somebody watches no more."""
        with self._lock:
            channel = self._channels.get((device, form))
            if channel is not None:
                channel.seen.pop(account, None)

    def watches(self, device: str, form: Form, account: str) -> bool:
        """Whether this account watches now."""
        now_us = self._clock.stamp().mono_us
        with self._lock:
            channel = self._channels.get((device, form))
            at_us = None if channel is None else channel.seen.get(account)
            return at_us is not None and now_us < at_us + SEEN_US

    def stands(self, device: str, form: Form) -> Standing:
        """What came of a channel."""
        now_us = self._clock.stamp().mono_us
        with self._lock:
            channel = self._channels.get((device, form))
            if channel is None:
                return Standing()
            viewers = sum(now_us < at_us + SEEN_US for at_us in channel.seen.values())
            return Standing(viewers, channel.since_us, channel.came_us, channel.skipped_us, channel.skipped,
                            channel.delay_us)

    def playlist(self, device: str) -> str:
        """Of the video; empty where there is none. Made once for each piece, for all viewers."""
        with self._lock:
            return self._text(device)

    def is_new(self, device: str, viewer: Viewer) -> bool:
        """Whether the list holds what this player was not given, and enough of it to begin; so where there is none."""
        with self._lock:
            channel = self._channels.get((device, "video"))
            if channel is None or not channel.pieces:
                return True
            if viewer not in channel.given:
                return sum(one.seconds for one in channel.pieces) >= ENOUGH_S
            return channel.given[viewer] < channel.pieces[-1].place

    def give(self, device: str, viewer: Viewer) -> str:
        """The playlist for this player."""
        with self._lock:
            channel = self._channels.get((device, "video"))
            if channel is not None and channel.pieces:
                channel.given.pop(viewer, None)
                channel.given[viewer] = channel.pieces[-1].place
                if len(channel.given) > MOST_GIVEN:
                    del channel.given[next(iter(channel.given))]
            return self._text(device)

    def piece(self, device: str, order: str, epoch: int, number: int) -> Piece | None:
        """A piece of video that is here."""
        with self._lock:
            channel = self._channels.get((device, "video"))
            found = () if channel is None else reversed(channel.pieces)
            return next((one for one in found if (one.order, one.epoch, one.number) == (order, epoch, number)), None)

    def init(self, device: str, order: str, epoch: int) -> bytes | None:
        """The header of a stream that is here."""
        with self._lock:
            channel = self._channels.get((device, "video"))
            found = None if channel is None else channel.inits.get((order, epoch))
            return None if found is None else found[1]

    def picture(self, device: str) -> Piece | None:
        """The newest picture of a box."""
        with self._lock:
            channel = self._channels.get((device, "pictures"))
            return channel.pieces[-1] if channel is not None and channel.pieces else None

    # --- boxes

    def offer(self, ordered: Ordered, fragment: LiveFragment) -> Verdict:
        """What is to become of a piece before its bytes are read; nobody watches: it is gone. Raises TooManyRooms."""
        now_us = self._clock.stamp().mono_us
        with self._lock:
            known = (ordered.device, ordered.form) in self._channels
            channel = self._channel((ordered.device, ordered.form))
            channel.begun_us = channel.begun_us if known else now_us
            channel.last_us = max(channel.last_us, ordered.last_us)
            verdict = _verdict(channel, ordered, fragment)
            if verdict == "gone" or watched(channel.seen.values(), channel.begun_us, now_us):
                return verdict
            self._close(channel, ordered.number)
            return "gone"

    def take(self, ordered: Ordered, fragment: LiveFragment, data: bytes) -> Verdict:
        """Take in a piece of video or its header, whose hash was checked. Raises BadMedia, TooManyRooms."""
        with self._lock:
            channel = self._channel((ordered.device, ordered.form))
            found = channel.inits.get((fragment.order, fragment.epoch))
        init = read_init(data) if fragment.what == "init" else None if found is None else found[0]
        if init is None:
            return "init"
        parsed = None if fragment.what == "init" else read_piece(init, data)
        seconds = 0.0 if parsed is None else parsed.duration / init.timescale
        start_s = 0.0 if parsed is None else parsed.start / init.timescale
        with self._lock:
            verdict = _admit(channel, ordered, fragment)
            if verdict == "take" and parsed is None:
                channel.inits[fragment.order, fragment.epoch] = (init, data)
                while len(channel.inits) > MOST_INITS:
                    del channel.inits[next(iter(channel.inits))]
            elif verdict == "take" and parsed is not None:
                self._keep(channel, fragment, data, start_s, seconds, parsed.key)
            return verdict

    def take_picture(self, ordered: Ordered, fragment: LiveFragment, data: bytes) -> Verdict:
        """Take in a picture that was checked: the newest one alone is kept. Raises BadMedia, TooManyRooms."""
        with self._lock:
            channel = self._channel((ordered.device, ordered.form))
            verdict = _admit(channel, ordered, fragment)
            if verdict == "take":
                channel.pieces.clear()
                channel.size = 0
                self._keep(channel, fragment, data, 0.0, 0.0, True)
            return verdict

    def sweep(self) -> None:
        """Let go of what is older than a minute, of pictures that nobody watches, and of channels of which nothing
        is here any more."""
        stamp = self._clock.stamp()
        with self._lock:
            for key, channel in list(self._channels.items()):
                _forget(channel, stamp.mono_us)
                _trim(channel, stamp.mono_us, MOST_CHANNEL)
                begun = channel.begun_us is not None and stamp.mono_us < channel.begun_us + GRACE_US
                if not (channel.pieces or channel.seen or begun) and stamp.utc_us >= channel.last_us:
                    del self._channels[key]

    @property
    def size(self) -> int:
        """Bytes that are held."""
        with self._lock:
            return sum(channel.size for channel in self._channels.values())

    # --- within the lock

    def _text(self, device: str) -> str:
        channel = self._channels.get((device, "video"))
        if channel is None:
            return ""
        if channel.text is None:
            channel.text = stream(f"/live/{device}", tuple(channel.pieces))
        return channel.text

    def _channel(self, key: Key) -> _Channel:
        if key not in self._channels:
            stamp = self._clock.stamp()
            if len(self._channels) >= MOST_CHANNELS:
                self._make_room(stamp.mono_us)
            utc_s = stamp.utc_us // SECOND
            self._channels[key] = _Channel(utc_s * PER_SECOND, utc_s % MOST_PARTS, stamp.mono_us)
        return self._channels[key]

    def _make_room(self, now_us: int) -> None:
        """Forget what nobody watches. A box that goes on with one of these is told a while later that nobody does.
        Raises TooManyRooms."""
        idle = [key for key, one in self._channels.items() if not watched(one.seen.values(), one.begun_us, now_us)]
        if not idle:
            raise TooManyRooms
        for key in idle:
            del self._channels[key]

    def _watches(self, account: str, now_us: int) -> int:
        """How many channels somebody watches now."""
        return sum(now_us < one.seen.get(account, now_us - SEEN_US) + SEEN_US for one in self._channels.values())

    def _keep(
        self, channel: _Channel, fragment: LiveFragment, data: bytes, start_s: float, seconds: float, key: bool
    ) -> None:
        stamp, at_us = self._clock.stamp(), utc_us(fragment.at)
        before = channel.pieces[-1] if channel.pieces else None
        if before is None or not goes_on(before, fragment.order, fragment.epoch, start_s):
            channel.part += 1
        channel.place += 1
        channel.pieces.append(Piece(
            fragment.order, fragment.epoch, fragment.number, at_us, stamp.mono_us, start_s, seconds, key,
            fragment.skipped, channel.place, channel.part, data))
        channel.size += len(data)
        channel.text = None
        channel.delay_us = stamp.utc_us - at_us if stamp.utc_us >= at_us else None
        if fragment.skipped and channel.came_us is not None:  # else nobody was here to take what was left out
            channel.skipped, channel.skipped_us = channel.skipped + 1, stamp.mono_us
        channel.came_us = stamp.mono_us
        _trim(channel, stamp.mono_us, self._share())
        if sum(one.size for one in self._channels.values()) > MOST_ALL:
            for one in self._channels.values():
                _trim(one, stamp.mono_us, self._share())

    def _share(self) -> int:
        """Bytes that a channel may hold: where all is full, each as much as any other."""
        return min(MOST_CHANNEL, MOST_ALL // max(1, len(self._channels)))

    def _close(self, channel: _Channel, number: int) -> None:
        channel.closed = max(channel.closed, number)
        channel.pieces.clear()
        channel.inits.clear()
        channel.size, channel.known, channel.came_us, channel.text = 0, None, None, None


def check_form(ordered: Ordered, fragment: LiveFragment) -> None:
    """Whether a piece is what the order wants, where it belongs. Raises BadMedia."""
    kinds = {"video": "init" if fragment.number == 0 else "video", "pictures": "picture"}
    if fragment.what != kinds[ordered.form]:
        raise BadMedia(why=N_("it is not what was ordered"))


def _verdict(channel: _Channel, ordered: Ordered, fragment: LiveFragment) -> Verdict:
    place = Place(ordered.number, fragment.epoch, fragment.number)
    if ordered.form == "pictures":
        return answer_picture(place, channel.known, channel.closed)
    return answer(place, channel.known, (fragment.order, fragment.epoch) in channel.inits, channel.closed)


def _admit(channel: _Channel, ordered: Ordered, fragment: LiveFragment) -> Verdict:
    """Once more now that all bytes are here: others may have come meanwhile."""
    verdict = _verdict(channel, ordered, fragment)
    if verdict == "take":
        channel.known = Place(ordered.number, fragment.epoch, fragment.number)
    return verdict


def _trim(channel: _Channel, now_us: int, most: int) -> None:
    """Let go of the oldest pieces: those that are older than a minute, or more than there may be."""
    before = len(channel.pieces)
    while channel.pieces and (channel.pieces[0].came_us + KEPT_US <= now_us or channel.size > most
                              or len(channel.pieces) > MOST_PIECES):
        channel.size -= len(channel.pieces.popleft().data)
    if len(channel.pieces) != before:
        channel.text = None


def _forget(channel: _Channel, now_us: int) -> None:
    for account in [account for account, at_us in channel.seen.items() if now_us >= at_us + SEEN_US]:
        del channel.seen[account]
