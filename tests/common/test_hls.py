"""Fragments of real and of hostile files, and the playlist that is made of them."""
from __future__ import annotations

import io
import re
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.hls import BadMedia, Fragment, Media, Part, playlist, read_media

av = pytest.importorskip("av")


def film(seconds: int, start_s: int = 0, rate: int = 10) -> bytes:
    """A fragmented MP4 of `seconds`, a keyframe each second, timestamps from `start_s` on."""
    np = pytest.importorskip("numpy")
    sink = io.BytesIO()
    flags = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
    with av.open(sink, "w", format="mp4", options={"movflags": flags, "use_editlist": "0"}) as out:
        stream = out.add_stream("libx264", rate=rate, options={"g": str(rate), "bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 48, "yuv420p", Fraction(1, rate)
        for index in range(seconds * rate):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), (index * 3) % 255, np.uint8), format="rgb24")
            frame.pts, frame.time_base = start_s * rate + index, Fraction(1, rate)
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


def test_parts_that_go_on_need_no_discontinuity() -> None:
    first, second = media_of(film(2)), media_of(film(2, start_s=2))
    print(first, second)


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
