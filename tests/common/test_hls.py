"""Fragments of real and of hostile files, and the playlist that is made of them."""
from __future__ import annotations

import io
import re
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.hls import (
    MAX_PAIRS,
    TARGET_S,
    BadMedia,
    Fragment,
    Media,
    Part,
    playlist,
    read_init,
    read_media,
    read_piece,
)

av = pytest.importorskip("av")


def film(seconds: int, rate: int = 10) -> bytes:
    """A fragmented MP4 of `seconds`, a keyframe each second."""
    np = pytest.importorskip("numpy")
    sink = io.BytesIO()
    flags = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
    with av.open(sink, "w", format="mp4", options={"movflags": flags, "use_editlist": "0"}) as out:
        stream = out.add_stream("libx264", rate=rate, options={"g": str(rate), "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 48, "yuv420p", Fraction(1, rate)
        for index in range(seconds * rate):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), (index * 3) % 255, np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return sink.getvalue()


FILM = film(3)


def media_of(data: bytes) -> Media:
    return read_media(io.BytesIO(data), len(data))


def test_fragments_cover_the_file_and_its_time() -> None:
    media = media_of(FILM)
    assert len(media.fragments) == 3
    assert media.fragments[0].offset == media.init_size
    for before, after in zip(media.fragments, media.fragments[1:], strict=False):
        assert after.offset == before.offset + before.size
    assert media.fragments[-1].offset + media.fragments[-1].size == len(FILM)
    assert media.seconds == pytest.approx(3, abs=0.11)


def test_each_fragment_decodes_with_its_init_section() -> None:
    media = media_of(FILM)
    for fragment in media.fragments:
        data = FILM[:media.init_size] + FILM[fragment.offset:fragment.offset + fragment.size]
        with av.open(io.BytesIO(data)) as opened:
            assert sum(1 for _ in opened.decode(video=0)) == 10


def test_a_playlist_names_every_byte_range() -> None:
    one = Media(100, 10, (Fragment(100, 50, 0, 20), Fragment(150, 60, 20, 15)))
    two = Media(90, 10, (Fragment(90, 10, 35, 10),))
    three = Media(80, 10, (Fragment(80, 10, 0, 5),))
    text = playlist([Part("/m/one.mp4", one), Part("/m/two.mp4", two), Part("/m/three.mp4", three)])
    assert text.splitlines()[:4] == [
        "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:0",
    ]
    ranges = re.findall(r"BYTERANGE[:=]\"?(\S+@\d+)", text)
    assert ranges == ["100@0", "50@100", "60@150", "90@0", "10@90", "80@0", "10@80"]
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    assert text.index("#EXT-X-DISCONTINUITY") < text.index("three")
    assert text.endswith("#EXT-X-ENDLIST\n")


@pytest.mark.parametrize("data", [
    b"", b"\0", b"\0\0\0\x08ftyp", b"\0\0\0\x07ftyp", struct.pack(">I", 2**31) + b"moov",
    struct.pack(">I", 1) + b"moov" + struct.pack(">Q", 2**63), b"\0\0\0\x08moof", b"\0\0\0\x08mdat" * 3,
    FILM[:200], FILM[:-1], b"\0\0\0\0moov", b"hello world, this is a text",
])
def test_what_is_no_fragmented_mp4_is_refused(data: bytes) -> None:
    with pytest.raises(BadMedia):
        media_of(data)


@given(st.integers(0, len(FILM) - 1), st.binary(min_size=1, max_size=16))
def test_damage_gives_an_answer_or_our_own_error(offset: int, noise: bytes) -> None:
    data = FILM[:offset] + noise + FILM[offset + len(noise):]
    try:
        media = media_of(data)
    except BadMedia:
        return
    assert all(f.offset >= 0 and f.offset + f.size <= len(data) and f.duration >= 0 for f in media.fragments)


@given(st.binary(max_size=300))
def test_noise_gives_our_own_error(data: bytes) -> None:
    with pytest.raises(BadMedia):
        media_of(data)


# --- what comes piece by piece


def cut(data: bytes) -> tuple[bytes, list[bytes]]:
    media = media_of(data)
    return data[: media.init_size], [data[one.offset : one.offset + one.size] for one in media.fragments]


INIT, CUT = cut(FILM)


def test_pieces_are_read_as_the_whole_file_is() -> None:
    init, media = read_init(INIT), media_of(FILM)
    assert init.timescale == media.timescale
    for piece, one in zip(CUT, media.fragments, strict=True):
        read = read_piece(init, piece)
        assert (read.size, read.start, read.duration, read.key) == (len(piece), one.start, one.duration, True)
    both = read_piece(init, CUT[0] + CUT[1])
    assert (both.start, both.duration) == (media.fragments[0].start, 2 * media.fragments[0].duration)


def test_a_piece_is_nothing_but_its_video() -> None:
    init = read_init(INIT)
    more = struct.pack(">I4s", 12, b"free") + b"evil"
    for bad in (b"", INIT, FILM, CUT[0][:-1], CUT[0] + more, more + CUT[0], CUT[0] * (MAX_PAIRS + 1), bytes(40)):
        with pytest.raises(BadMedia):
            read_piece(init, bad)
    for bad in (b"", CUT[0], FILM, INIT + more, INIT[:-1], INIT * 2, INIT + bytes(300_000)):
        with pytest.raises(BadMedia):
            read_init(bad)


def test_a_header_with_sound_or_a_second_track_is_refused() -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"}) as out:
        video, sound = out.add_stream("libx264", rate=10), out.add_stream("aac", rate=48000)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound.layout = "mono"
        out.start_encoding()
    data = sink.getvalue()
    end = data.index(b"moov") - 4
    size = struct.unpack_from(">I", data, end)[0]
    with pytest.raises(BadMedia):
        read_init(data[: end + size])


def lasting(piece: bytes, ticks: int) -> bytes:
    """A piece of ten pictures, each of which lasts so long now."""
    changed = bytearray(piece)
    trun = changed.index(b"trun") + 4
    flags = struct.unpack_from(">I", changed, trun)[0] & 0xFFFFFF
    if flags & 0x100:  # a length for each sample
        first = trun + 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
        stride = 4 * sum(bool(flags & one) for one in (0x100, 0x200, 0x400, 0x800))
        for index in range(10):
            struct.pack_into(">I", changed, first + index * stride, ticks)
    else:
        struct.pack_into(">I", changed, changed.index(b"tfhd") + 4 + 8, ticks)
    return bytes(changed)


def test_a_piece_of_no_time_or_longer_than_a_playlist_says_is_refused() -> None:
    init = read_init(INIT)
    most = (2 * TARGET_S + 1) * init.timescale // 20  # a tenth of it
    for ticks in (0, most, most + 1, 2**31):
        with pytest.raises(BadMedia):
            read_piece(init, lasting(CUT[0], ticks))
    assert round(read_piece(init, lasting(CUT[0], most - 1)).duration / init.timescale) == TARGET_S


@given(st.integers(0, len(INIT + CUT[0]) - 1), st.binary(min_size=1, max_size=8))
def test_a_changed_piece_is_read_or_refused(offset: int, change: bytes) -> None:
    whole = bytearray(INIT + CUT[0])
    whole[offset : offset + len(change)] = change
    try:
        init = read_init(bytes(whole[: len(INIT)]))
        read = read_piece(init, bytes(whole[len(INIT) :]))
    except BadMedia:
        return
    assert 0 < read.duration < (TARGET_S + 0.5) * init.timescale


@given(st.binary(max_size=200))
def test_whatever_comes_as_a_piece_only_our_own_error_comes_out(data: bytes) -> None:
    init = read_init(INIT)
    for read in (lambda: read_init(data), lambda: read_piece(init, data)):
        with pytest.raises(BadMedia):
            read()
