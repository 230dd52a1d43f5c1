"""What a box sends while somebody looks: fMP4 pieces of one second of a picture that counts, made as time goes by."""
from __future__ import annotations

import io
import struct
import threading
import time
from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np

RATE = 10
WIDTH, HEIGHT = 320, 180


def picture(at_s: float) -> np.ndarray:
    """A picture with the seconds of that moment in it, and something that moves."""
    image = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
    cv2.putText(image, time.strftime("%H:%M:%S", time.gmtime(at_s)) + f".{int(at_s * 10) % 10}", (10, 60),
                cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3)
    cv2.circle(image, (20 + int(at_s * 60) % (WIDTH - 40), 130), 18, (90, 200, 240), -1)
    return image


def jpeg(at_s: float) -> bytes:
    """The same as a JPEG."""
    return bytes(cv2.imencode(".jpg", picture(at_s))[1])


class _Pieces(io.RawIOBase):
    """Takes what a muxer writes; gives it as whole pieces: ftyp with moov, then each moof with its mdat."""

    def __init__(self) -> None:
        self._waiting, self._piece = bytearray(), bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        return len(data)

    def take(self) -> list[bytes]:
        done = []
        while len(self._waiting) >= 8 and (size := struct.unpack(">I", self._waiting[:4])[0]) <= len(self._waiting):
            kind, box = bytes(self._waiting[4:8]), bytes(self._waiting[:size])
            del self._waiting[:size]
            self._piece += box
            if kind in (b"moov", b"mdat"):
                done.append(bytes(self._piece))
                self._piece.clear()
        return done


class LiveFilm:
    """Calls `send(number, piece)` from a thread of its own: 0 is the init, then one piece a second. While `cut` is
    set, what is filmed is lost, as with a network that is cut; the next piece that comes has `skipped` set."""

    def __init__(self, send: Callable[[int, bytes, bool], None]) -> None:
        self._send, self._over, self.cut = send, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._film, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(10)

    def _film(self) -> None:
        out, begun, number, frames, skipped = _Pieces(), time.time(), 0, 0, False
        # Without B-frames and a header that is written again: what is filmed is told at once.
        with av.open(out, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}) as box:
            stream = box.add_stream("libx264", rate=RATE, options={
                "preset": "ultrafast", "tune": "zerolatency", "g": str(RATE), "bf": "0"})
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            while not self._over.wait(max(0.0, begun + frames / RATE - time.time())):
                frame = av.VideoFrame.from_ndarray(picture(begun + frames / RATE), format="bgr24")
                frame.pts, frame.time_base = frames, Fraction(1, RATE)
                box.mux(stream.encode(frame))
                frames += 1
                for piece in out.take():
                    if number and self.cut.is_set():
                        skipped = True
                        continue
                    self._send(number, piece, skipped)
                    number, skipped = number + 1, False
