"""The process that makes a copy: the same pictures at the same times, and no harm from a file that is broken."""
from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

av = pytest.importorskip("av")
from central.derived.transcode import FAILED, Refused, copy  # noqa: E402
from common.hls import read_media  # noqa: E402
from tests.central.derived.films import film, seen  # noqa: E402


def copied(tmp_path: Path, data: bytes) -> bytes:
    source, target = tmp_path / "source.mp4", tmp_path / "target.mp4"
    source.write_bytes(data)
    with source.open("rb") as file, target.open("wb") as out:
        copy(file, len(data), out, "derived from sha256 ab; not evidence")
    return target.read_bytes()


def process(tmp_path: Path, data: bytes, before: str = "") -> tuple[int, str]:
    """Its status and its last line. `before`: what is changed in it first."""
    source, target = tmp_path / "source.mp4", tmp_path / "target.mp4"
    source.write_bytes(data)
    code = f"import sys, central.derived.transcode as t\n{before}\nsys.exit(t.main(*sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, str(source), str(target), "", "60"],
                          capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, ([*done.stdout.split()] or [""])[-1]


@pytest.mark.parametrize("made", [
    {}, {"between": 3}, {"first": 123_457}, {"form": "yuvj420p"}, {"form": "yuv420p10le"}, {"form": "yuv444p"},
])
def test_every_picture_of_the_copy_stands_at_its_own_time(tmp_path: Path, made: dict[str, object]) -> None:
    data = film(**made)  # type: ignore[arg-type]
    before, after = seen(data), seen(copied(tmp_path, data))
    assert len(before) == 60 and [one[:2] for one in after] == [one[:2] for one in before]
    assert all(abs(one[2] - other[2]) <= 3 for one, other in zip(before, after, strict=True))


def test_the_copy_says_what_it_is_and_plays_by_fragments(tmp_path: Path) -> None:
    data = copied(tmp_path, film())
    with av.open(io.BytesIO(data)) as opened:
        assert opened.metadata["comment"] == "derived from sha256 ab; not evidence"
        context = opened.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", 320, 180)
    media = read_media(io.BytesIO(data), len(data))
    assert len(media.fragments) == 3 and all(one.key for one in media.fragments) and 5.9 < media.seconds < 6.1
    assert media.timescale == 90000


def test_a_film_in_h264_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no_hevc"):
        copied(tmp_path, film(codec="libx264"))


def test_a_damaged_picture_is_left_out_and_the_others_stay(tmp_path: Path) -> None:
    data = bytearray(film())
    middle = read_media(io.BytesIO(data), len(data)).fragments[1]
    for at in range(middle.offset + middle.size // 2, middle.offset + middle.size // 2 + 40):
        data[at] ^= 0xFF
    after = seen(copied(tmp_path, bytes(data)))
    assert 40 <= len(after) <= 60 and after[:20] == seen(copied(tmp_path, film()))[:20]
    assert {one[0] for one in after} <= {one[0] for one in seen(film())}


@pytest.mark.parametrize(("data", "why"), [
    (b"", "unreadable"), (b"nothing that plays" * 1000, "unreadable"), (film(40)[:900], "unreadable"),
])
def test_what_is_no_film_is_told_so(tmp_path: Path, data: bytes, why: str) -> None:
    assert process(tmp_path, data) == (FAILED, why)


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    assert process(tmp_path, film(1, (8192, 2304))) == (FAILED, "too_large")


def test_a_picture_whose_size_is_odd_is_told_so(tmp_path: Path) -> None:
    assert process(tmp_path, film(2, (321, 181), form="yuv444p")) == (FAILED, "too_large")


def test_a_film_whose_size_changes_is_told_so(tmp_path: Path) -> None:
    small, large = film(20), film(20, (640, 360), first=180_000, more=":repeat-headers=1")
    media = read_media(io.BytesIO(large), len(large))
    assert process(tmp_path, small + large[media.init_size:]) == (FAILED, "other_size")


@pytest.mark.long
def test_memory_has_an_end(tmp_path: Path) -> None:
    status, why = process(tmp_path, film(6, (3840, 2160)), before="t.MOST_MEMORY = 400 << 20")
    assert (status == FAILED and why in ("memory", "unreadable")) or status < 0, "whichever part of it got none"


@pytest.mark.long
def test_the_time_of_the_processor_has_an_end() -> None:
    code = "from central.derived.transcode import _bound\n_bound(1, 1)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_what_the_disk_does_not_take_is_told_so(tmp_path: Path) -> None:
    assert process(tmp_path, film(), "t.TIMES_LARGER, t.MOST_MORE = 0, 4000") == (FAILED, "room")


def test_the_console_never_loads_a_decoder() -> None:
    code = "import sys, central.web.app\nassert 'av' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)
