"""Addresses as they may be shown: never with a password."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.address import is_live, scheme_of, shown


@pytest.mark.parametrize(("url", "wanted"), [
    ("rtsp://10.0.0.8:554/Streaming/Channels/101", "rtsp://10.0.0.8:554/Streaming/Channels/101"),
    ("rtsp://admin:geheim@10.0.0.8/main", "rtsp://***@10.0.0.8/main"),
    ("rtsp://admin:ge@hei/m@10.0.0.8/main", "rtsp://***@10.0.0.8/main"),
    ("rtsp://10.0.0.8/user=admin&password=geheim&channel=1", "rtsp://10.0.0.8/user=***&password=***&channel=1"),
    ("rtsps://10.0.0.8/live?token=geheim", "rtsps://10.0.0.8/live?token=***"),
    ("gst:rtspsrc location=rtsp://a:geheim@cam/x user-pw=geheim ! rtph264depay",
     "gst:rtspsrc location=rtsp://***@cam/x user-pw=*** ! rtph264depay"),
    ("v4l2:/dev/video0", "v4l2:/dev/video0"),
])
def test_who_logs_in_is_not_shown(url: str, wanted: str) -> None:
    assert shown(url) == wanted and "geheim" not in shown(url)


@given(st.text("abcdef@:/?#=&", max_size=20))
def test_no_login_before_a_host_is_ever_shown(login: str) -> None:
    assert shown(f"rtsp://u-{login}:SECRET{login}@camera/main").count("SECRET") == 0


def test_what_is_live() -> None:
    assert [is_live(url) for url in ("file:/a.mp4", "RTSP://a/b", "v4l2:/dev/video0", "gst:x", "http://a")] == [
        False, True, True, True, False]
    assert scheme_of("GST:a:b") == "gst"
    assert len(shown("gst:" + "x" * 5000)) < 300
