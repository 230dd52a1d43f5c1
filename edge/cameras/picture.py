"""A test picture: the first picture that a source gives, as a file to look at."""
from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
from av.error import FFmpegError

from common.texts import N_
from edge.cameras.errors import NoPicture
from edge.cameras.port import Source
from edge.errors import BadVideo, CannotWrite
from edge.storage.files import replace

WAIT_S, READ_S = 15.0, 0.5
KINDS = (".jpg", ".jpeg", ".png")
KIND = N_("the name must end in .jpg or .png")
NOTHING_DECODED = N_("no picture could be decoded")
NO_SMALL = N_("its small stream gives no picture")


def take_picture(source: Source, name: str) -> np.ndarray:
    """The first picture, uint8 BGR, height × width × 3. Raises BadVideo."""
    decoder = source.info.template.codec_context
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and not source.ended:
        packet = source.read(READ_S)
        if packet is None or not packet.key:
            continue
        try:
            # Nothing follows: a decoder that waits for more pictures gives this one now.
            frames = [*decoder.decode(packet.av), *decoder.decode(None)]
        except FFmpegError:
            frames = []
        if frames:
            return frames[0].to_ndarray(format="bgr24")
        decoder.flush_buffers()
    raise BadVideo(source=name, why=NOTHING_DECODED)


def take_small(source: Source, name: str) -> np.ndarray:
    """A picture of the small stream that comes with a source, uint8 grey, height × width. Raises BadVideo."""
    until = time.monotonic() + WAIT_S
    while (small := source.sub_picture()) is None:
        if time.monotonic() >= until:
            raise BadVideo(source=name, why=NO_SMALL)
        source.read(READ_S)
    return small


def write_picture(path: Path, image: np.ndarray) -> None:
    """Whole or not at all. Raises NoPicture, CannotWrite."""
    if path.suffix.lower() not in KINDS:
        raise NoPicture(why=KIND)
    _, data = cv2.imencode(path.suffix.lower(), image)
    try:
        replace(path, data.tobytes())
    except OSError as error:
        raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None
