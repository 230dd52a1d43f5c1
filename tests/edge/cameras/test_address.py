"""Addresses as they may be shown: never with a password."""
from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.address import is_live, scheme_of, shown, without_values
from edge.cameras.errors import BadAddress
from edge.cameras.open import open_source
from edge.clock import SystemClock


@pytest.mark.parametrize(("url", "wanted"), [
    ("rtsp://10.0.0.8:554/Streaming/Channels/101", "rtsp://10.0.0.8:554/Streaming/Channels/101"),
    ("rtsp://admin:geheim@10.0.0.8/main", "rtsp://10.0.0.8/main"),
    ("RTSP://admin:ge%40heim@[fe80::1]:554/main", "RTSP://[fe80::1]:554/main"),
    ("rtsp://admin:ge heim@10.0.0.8", "rtsp://10.0.0.8"),
    ("rtsp://admin:ge@hei/m@10.0.0.8/main", "rtsp:***"),
    ("rtsp://admin:geheim", "rtsp:***"),
    ("rtsp:admin:geheim@10.0.0.1/x", "rtsp:***"),
    ("rtsp:/admin:geheim@10.0.0.1/x", "rtsp:***"),
    ("admin:geheim@10.0.0.1/x", "***"),
    ("http://viewer:geheim@cam/1", "http://cam/1"),
    ("rtsp://10.0.0.8/user=admin&password=geheim&channel=1", "rtsp://10.0.0.8/…"),
    ("rtsp://10.0.0.8/live/user=admin_password=geheim.sdp?real_stream", "rtsp://10.0.0.8/live/…"),
    ("rtsps://10.0.0.8/live?token=geheim", "rtsps://10.0.0.8/live"),
    ("rtsp://10.0.0.8/live?authbasic=geheim&userpass=geheim&loginpas=geheim", "rtsp://10.0.0.8/live"),
    ("gst:rtspsrc location=rtsp://a:geheim@cam/x user-pw=geheim ! rtph264depay", "gst:rtspsrc ! rtph264depay"),
    ("gst:rtspsrc user-pw='my geheim' ! video/x-raw,width=64 ! x264enc", "gst:rtspsrc ! x264enc"),
    ("gst:rtspsrc user-pw = geheim ! x264enc", "gst:rtspsrc ! x264enc"),
    ("gst:rtspsrc user-pw='geheim ! x264enc", "gst:***"),
    ("v4l2:/dev/video0", "v4l2:/dev/video0"),
    ("picamera2:0", "picamera2:0"),
    ("file:/films/a=b@c.mp4", "file:/films/a=b@c.mp4"),
    ("camera", "camera"),
])
def test_who_logs_in_is_not_shown(url: str, wanted: str) -> None:
    assert shown(url) == wanted and "geheim" not in shown(url)


ANYTHING = st.text(st.sampled_from("abcdef019@:/?#=&!;'\"\\ \n%学"), max_size=12)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_login_and_no_query_is_ever_shown(before: str, after: str, more: str) -> None:
    secret = f"{before}SECRET{after}"
    for url in (
        f"rtsp://u-{secret}:{more}@camera/main", f"rtsp://u:{secret}@camera/main{more}", f"rtsp:u:{secret}@camera",
        f"rtsp:/u:{secret}@camera", f"rtsps://camera/main?{more}{secret}", f"rtsp://camera:554/?{secret}#{more}",
        f"u:{secret}@camera/{more}", f"http://u:{secret}@camera/{more}",
    ):
        assert "SECRET" not in shown(url), url


@given(ANYTHING, ANYTHING, st.sampled_from(["user-pw={}", "user-pw = {}", "user-pw= {}", "user-pw ={}"]))
def test_nothing_that_a_pipeline_sets_is_ever_shown(before: str, after: str, how: str) -> None:
    setting = how.format(shlex.quote(f"{before}SECRET{after}"))
    pipeline = f"rtspsrc {setting} ! rtph264depay"
    assert shown(f"gst:{pipeline}") == "gst:rtspsrc ! rtph264depay"
    said = f'could not set property "user-pw" in element "rtspsrc" to "{before}SECRET{after}"'
    assert "SECRET" not in without_values(said, pipeline) and "could not set" in without_values(said, pipeline)


@pytest.mark.parametrize("url", ["rtsp:admin:geheim@10.0.0.1/x", "rtsp:/10.0.0.1/x", "rtsp://", "rtsp:///x",
                                 "rtsp://admin:ge/heim@10.0.0.1/x", "rtsp://admin:geheim"])
def test_an_address_whose_host_cannot_be_read_is_refused_before_anything_is_opened(url: str) -> None:
    with pytest.raises(BadAddress, match="its host cannot be read") as refused:
        open_source(url, SystemClock())
    assert "heim" not in str(refused.value)


def test_what_is_live() -> None:
    assert [is_live(url) for url in ("file:/a.mp4", "RTSP://a/b", "v4l2:/dev/video0", "gst:x", "http://a")] == [
        False, True, True, True, False]
    assert scheme_of("GST:a:b") == "gst"
    assert len(shown("gst:" + "x" * 5000)) < 300 and len(shown("file:" + "x" * 5000)) < 300
