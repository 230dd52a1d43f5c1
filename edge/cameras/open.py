"""The one place where the address of a source becomes a source."""
from __future__ import annotations

from common.texts import N_
from edge.cameras.address import NETWORK, is_live, names_host, scheme_of, shown
from edge.cameras.errors import BadAddress
from edge.cameras.file import open_file
from edge.cameras.gst import GstTap
from edge.cameras.live import LiveSource, broken
from edge.cameras.picamera import PiTap
from edge.cameras.port import Source
from edge.cameras.rtsp import RtspTap
from edge.cameras.tap import Tap
from edge.cameras.v4l2 import open_v4l2
from edge.clock import Clock

SCHEMES = N_("it begins with none of file:, rtsp://, rtsps://, v4l2:, picamera2:, gst:")
NO_HOST = N_("its host cannot be read; it must look like rtsp://192.168.1.64:554/stream1, and in a login @ / ? # are "
             "written %40 %2F %3F %23")
REAL_CLOCK = N_("a file is no camera: it can be played on a simulated clock only")
LIVE_CLOCK = N_("a live camera runs in real time, and the clock does not")


def open_source(url: str, clock: Clock, start_mono_us: int | None = None, keys_only: bool = False) -> Source:
    """Open a source by its scheme. `start_mono_us`: when a file's first packet is due (None: now). `keys_only`: of a
    live source only keyframes are wanted.

    A live source is open when its first keyframe has come; that takes up to half a minute of real time.
    Raises BadSource, BadVideo, EmptyVideo, WrongCodec."""
    check_address(url, clock)
    if not is_live(url):
        return open_file(url, clock, start_mono_us)
    name = shown(url)
    try:
        tap = _tap(url, name)
    except OSError as error:
        raise broken(name, error) from None
    return LiveSource(tap, clock, keys_only)


def check_address(url: str, clock: Clock) -> None:
    """What can be said before anything is opened. Raises BadSource."""
    if not is_live(url) and scheme_of(url) != "file":
        raise BadAddress(source=shown(url), why=SCHEMES)
    if scheme_of(url) in NETWORK and not names_host(url):
        raise BadAddress(source=shown(url), why=NO_HOST)
    if is_live(url) and clock.rate != 1:
        raise BadAddress(source=shown(url), why=LIVE_CLOCK)


def must_be_camera(url: str, simulated: bool) -> None:
    """A box films what is there: a file is a camera on a `simulated` clock only. Raises BadSource."""
    if scheme_of(url) == "file" and not simulated:
        raise BadAddress(source=shown(url), why=REAL_CLOCK)


def _tap(url: str, name: str) -> Tap:
    scheme, rest = scheme_of(url), url.partition(":")[2]
    if scheme == "v4l2":
        return open_v4l2(rest, name)
    if scheme == "gst":
        return GstTap(rest, name)
    if scheme == "picamera2":
        return PiTap(rest, name)
    return RtspTap(url, name)
