"""Pictures of boxes, real and hostile."""
from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.live.errors import BadPicture
from central.live.jpeg import MOST_BYTES, check_picture
from tests.central.live.pushing import jpeg

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("options", [{}, {"quality": 95, "optimize": True}, {"comment": "x"}])
def test_a_small_picture_is_taken(options: dict[str, object]) -> None:
    sink = io.BytesIO()
    Image.effect_noise((320, 180), 60).convert("RGB").save(sink, "JPEG", **options)
    assert check_picture(sink.getvalue()) == (320, 180)


def test_a_picture_that_a_browser_goes_over_again_and_again_is_refused() -> None:
    sink = io.BytesIO()
    Image.effect_noise((320, 180), 60).convert("RGB").save(sink, "JPEG", progressive=True)
    with pytest.raises(BadPicture, match="progressive"):
        check_picture(sink.getvalue())


@pytest.mark.parametrize("data", [
    b"", b"\xff\xd8\xff\xd9", jpeg()[:-1], jpeg()[:40], b"<svg>" + jpeg(), jpeg() + b"<script>", jpeg(90, 481, 270),
    jpeg(90, 8, 8), jpeg(90, 400, 961), b"\xff\xd8" + b"\xff\xfe\x00\x02" * 100 + b"\xff\xd9",
    jpeg()[:-2] + bytes(MOST_BYTES) + b"\xff\xd9", b"\xff\xd8\xff\xc0\x00\x04\x08\x00\xff\xd9",
    b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_small_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadPicture):
        check_picture(data)


@given(st.binary(max_size=300))
def test_whatever_comes_only_our_own_error_comes_out(data: bytes) -> None:
    with contextlib.suppress(BadPicture):
        check_picture(b"\xff\xd8" + data + b"\xff\xd9")


@given(st.data())
def test_a_changed_picture_is_refused_or_still_small(data: st.DataObject) -> None:
    changed = bytearray(jpeg())
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadPicture):
        wide, high = check_picture(bytes(changed))
        assert wide <= 480 and high <= 960
