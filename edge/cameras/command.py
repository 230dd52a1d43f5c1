"""`zaitang-edge cameras`: what is plugged in here, whether the cameras of a box answer, and a picture to look at."""
from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common.texts import N_, translate, words
from edge.cameras.address import shown
from edge.cameras.errors import FewKeyframes, NoLibrary, NoPicture
from edge.cameras.open import must_be_camera, open_source
from edge.cameras.picamera import found_here
from edge.cameras.picture import READ_S, take_picture, take_small, write_picture
from edge.cameras.port import Source, StreamInfo
from edge.cameras.v4l2 import Device, best, devices
from edge.clock import SystemClock
from edge.config import BoxConfig, load_box
from edge.recorder.gops import LONGEST_GOP_US, Gops
from evidence.errors import BadInput
from evidence.times import SECOND

WAIT_S = 2 * LONGEST_GOP_US / SECOND
"""Real seconds, for a stream whose time stamps stand still."""
NOTHING = N_("no camera found here: is it plugged in? A network camera is tried with --source rtsp://…")
NO_CAMERAS = N_("box.toml of this box names no camera")
WITHOUT_SOURCE = N_("a picture needs --source or --box")
ANSWERS = N_("{camera}: {source} answers: {what}")
PICTURE = N_("{camera}: its picture is in {path}")
SUB = N_("sub stream")
ENCODED = N_("encoded by this box")


def cameras(box: Path | None, url: str | None, picture: Path | None, lang: str) -> int:
    """0 when all that were tried answer, 1 when one does not. Raises BadInput."""
    if url is not None:
        return _try([("camera", url)], picture, lang)
    if box is not None:
        config = load_box(box)
        tries = _cameras_of(config)
        if not tries:
            print(translate(NO_CAMERAS, lang))
            return 1
        return _try(tries, picture, lang, config.clock.source == "simulated")
    if picture is not None:
        raise NoPicture(why=WITHOUT_SOURCE)
    return _list(lang)


def _list(lang: str) -> int:
    lines = [_device_line(device) for device in devices()]
    # Only a Pi has the library; without it no ribbon camera can be used, so none is missing from the list.
    with contextlib.suppress(NoLibrary):
        lines += [f"picamera2:{number}  {label}" for number, label in found_here()]
    for line in lines:
        print(line)
    if not lines:
        print(translate(NOTHING, lang))
    return 0 if lines else 1


def _device_line(device: Device) -> str:
    mode = best(device.modes)
    kinds = ", ".join(sorted({one.kind for one in device.modes}))
    size = f"{mode.width}x{mode.height} {float(mode.fps):g}/s {mode.kind}" if mode else ""
    return f"v4l2:{device.path}  {device.label}  {size}  ({kinds})"


def _cameras_of(config: BoxConfig) -> list[tuple[str, str]]:
    found = []
    for camera in config.cameras:
        found.append((camera.id, camera.source))
        if camera.sub is not None:
            found.append((f"{camera.id}-sub", camera.sub))
    return found


def _try(tries: Sequence[tuple[str, str]], picture: Path | None, lang: str, files: bool = True) -> int:
    """`files`: whether a file may stand for a camera."""
    code = 0
    for name, url in tries:
        target = picture
        if picture is not None and len(tries) > 1:
            target = picture.with_stem(f"{picture.stem}-{name}")
        try:
            must_be_camera(url, files)
            with contextlib.closing(open_source(url, SystemClock())) as source:
                if target is not None:
                    for path in _take(source, shown(url), target):
                        print(translate(PICTURE, lang, camera=name, path=path))
                what = _what(source.info, lang)
                print(translate(ANSWERS, lang, camera=name, source=shown(url), what=what), flush=True)
                _mind_keyframes(source, shown(url))
        except BadInput as error:
            print(f"{name}: {words(error, lang)}", file=sys.stderr, flush=True)
            code = 1
    return code


def _take(source: Source, name: str, picture: Path) -> list[Path]:
    """The files that are written."""
    write_picture(picture, take_picture(source, name))
    if not source.info.sub:
        return [picture]
    small = picture.with_stem(f"{picture.stem}-sub")
    write_picture(small, take_small(source, name))
    return [picture, small]


def _mind_keyframes(source: Source, name: str) -> None:
    """Wait for another keyframe, as the recorder will have to. Raises FewKeyframes, and what breaks the stream."""
    gops, until = Gops(), time.monotonic() + WAIT_S
    while not source.ended:
        packet = source.read(READ_S)
        often = None if packet is None else gops.add(packet)
        if often:
            return
        if often is False or time.monotonic() > until:
            raise FewKeyframes(source=name, seconds=LONGEST_GOP_US // SECOND)


def _what(info: StreamInfo, lang: str) -> str:
    parts = [{"h264": "H.264", "hevc": "H.265"}[info.codec], f"{info.width}x{info.height}"]
    if info.fps:
        parts.append(f"{info.fps:g}/s")
    parts += [translate(text, lang) for text, true in ((SUB, info.sub), (ENCODED, info.encoded)) if true]
    return ", ".join(parts)
