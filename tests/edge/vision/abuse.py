"""More than 300 files that somebody might hand in as a photograph, each with what must come of it."""
from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image

Must = Literal["faces", "nobody", "refused", "any"]
"""faces: somebody is found. nobody: read, nobody found. refused: no picture for us. any: each of these is an answer."""
Case = tuple[str, bytes, Must]
FORMATS = ("jpg", "png", "webp", "bmp", "tiff")


def cases(group: np.ndarray, portraits: list[np.ndarray]) -> Iterator[Case]:
    """File name, bytes and what must come of it. Pictures: BGR uint8."""
    yield from _no_pictures()
    yield from _broken(portraits)
    yield from _sizes(portraits[6])
    yield from _turned(portraits)
    yield from _modes(portraits)
    yield from _animated(portraits)
    yield from _empty_scenes()
    yield from _people(group, portraits)


def encode(kind: str, bgr: np.ndarray) -> bytes:
    good, data = cv2.imencode(f".{kind}", bgr)
    assert good
    return bytes(data)


def _save(picture: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def _no_pictures() -> Iterator[Case]:
    rng = np.random.default_rng(1)
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("a.jpg", b"x")
    plain = {
        "empty": b"", "text": "学员照片".encode(), "html": b"<html><img src=x></html>", "zip": bundle.getvalue(),
        "pickle": pickle.dumps([1]), "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        "mp4": b"\0\0\0\x20ftypisom" + bytes(100), "pdf": b"%PDF-1.7\n", "exe": b"MZ" + bytes(200),
        "zeros": bytes(5000),
        "jpeg-head": b"\xff\xd8\xff\xe0", "png-head": b"\x89PNG\r\n\x1a\n", "webp-head": b"RIFF\x10\0\0\0WEBPVP8 ",
        "bmp-head": b"BM" + bytes(30), "tiff-head": b"II*\0\x08\0\0\0", "gif": b"GIF89a" + bytes(50),
        "psd": b"8BPS" + bytes(50), "heic": b"\0\0\0\x18ftypheic" + bytes(60),
    }
    for name, data in plain.items():
        yield f"no-{name}.jpg", data, "refused"
    for number in range(12):
        yield f"noise-{number}.{FORMATS[number % 5]}", rng.bytes(3000), "refused"


def _broken(portraits: list[np.ndarray]) -> Iterator[Case]:
    rng = np.random.default_rng(2)
    for kind in FORMATS:
        whole = encode(kind, cv2.resize(portraits[0], (160, 160)))
        for share in range(10):
            yield f"cut-{share}.{kind}", whole[: len(whole) * share // 10], "any" if share else "refused"
        for number in range(12):
            damaged = bytearray(whole)
            for place in rng.integers(0, len(whole) if number % 2 else 120, 8):
                damaged[place] = int(rng.integers(256))
            yield f"damaged-{number}.{kind}", bytes(damaged), "any"


def _sizes(portrait: np.ndarray) -> Iterator[Case]:
    for width, height in ((1, 1), (7, 7), (7, 900), (900, 7), (1, 3000)):
        yield f"size-{width}x{height}.png", encode("png", np.zeros((height, width, 3), np.uint8)), "refused"
    for width, height in ((8, 3000), (3000, 8), (20_000, 10), (60_000, 10), (10, 60_000), (400_000, 10), (9, 200)):
        yield f"thin-{width}x{height}.png", encode("png", np.full((height, width, 3), 127, np.uint8)), "refused"
    for width, height in ((8, 8), (8, 160), (2000, 100), (9, 17), (31, 33), (5000, 3000)):
        yield f"size-{width}x{height}.jpg", encode("jpg", np.full((height, width, 3), 99, np.uint8)), "nobody"
    for side in (12, 20, 40, 64, 1500, 3000):
        small = encode("jpg", cv2.resize(portrait, (side, side)))
        yield f"portrait-{side}.jpg", small, "faces" if side > 100 else "any"
    for width, height in ((25_000, 25_000), (2**31 - 1, 2**31 - 1), (60_000, 60_000)):
        yield f"bomb-{width}x{height}.png", _bomb(width, height), "refused"


def _bomb(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel: some kilobytes that would be gigabytes. The largest tell of more than they hold."""
    rows = width * height // 8 if width == 25_000 else 1 << 20

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packed = zlib.compressobj(1)
    body = b"".join(packed.compress(bytes(1 << 20)) for _ in range(rows >> 20)) + packed.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _turned(portraits: list[np.ndarray]) -> Iterator[Case]:
    """Pixels turned as a camera held sideways stores them: with the EXIF mark that says so, and without."""
    undo = {1: 0, 3: 2, 6: 1, 8: 3}
    for number, portrait in enumerate(portraits[:5]):
        for mark, quarters in undo.items():
            picture = Image.fromarray(np.rot90(portrait[:, :, ::-1], quarters).copy())
            exif = Image.Exif()
            exif[274] = mark
            yield f"exif-{mark}-{number}.jpg", _save(picture, "JPEG", exif=exif, quality=95), "faces"
            if mark != 1:
                yield f"turned-{mark}-{number}.jpg", _save(picture, "JPEG"), "any"
    exif = Image.Exif()
    exif[274] = 99
    yield "exif-99.jpg", _save(Image.fromarray(portraits[6][:, :, ::-1].copy()), "JPEG", exif=exif), "faces"


def _modes(portraits: list[np.ndarray]) -> Iterator[Case]:
    for number in (1, 6):
        bgr = portraits[number]
        picture = Image.fromarray(bgr[:, :, ::-1].copy())
        yield f"cmyk-{number}.jpg", _save(picture.convert("CMYK"), "JPEG", quality=95), "any"
        yield f"cmyk-{number}.tiff", _save(picture.convert("CMYK"), "TIFF"), "any"
        for mode in ("L", "RGBA", "P", "LA"):
            yield f"{mode}-{number}.png", _save(picture.convert(mode), "PNG"), "faces"
        yield f"1-{number}.png", _save(picture.convert("1"), "PNG"), "any"
        yield f"clear-{number}.png", _save(picture.convert("P"), "PNG", transparency=0), "any"
        deep = bgr.astype(np.uint16) * 257
        yield f"16bit-{number}.png", encode("png", deep), "faces"
        yield f"16bit-grey-{number}.png", encode("png", cv2.cvtColor(deep, cv2.COLOR_BGR2GRAY)), "faces"
        yield f"16bit-{number}.tiff", encode("tiff", deep), "any"
        yield f"float-{number}.tiff", encode("tiff", bgr.astype(np.float32) / 255), "any"
        yield f"progressive-{number}.jpg", _save(picture, "JPEG", progressive=True, quality=95), "faces"
        yield f"lossless-{number}.webp", _save(picture, "WEBP", lossless=True), "faces"
        yield f"worst-{number}.jpg", _save(picture, "JPEG", quality=1), "any"
        yield f"jpg-{number}.png", _save(picture, "JPEG", quality=95), "faces"  # the name lies


def _animated(portraits: list[np.ndarray]) -> Iterator[Case]:
    frames = [Image.fromarray(cv2.resize(one, (200, 200))[:, :, ::-1].copy()) for one in portraits[:3]]
    for kind, name in (("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tiff")):
        data = _save(frames[0], kind, save_all=True, append_images=frames[1:])
        yield f"animated.{name}", data, "any"
        yield f"animated-cut.{name}", data[: len(data) * 2 // 3], "any"
    yield "animated.jpg", _save(frames[0], "GIF", save_all=True, append_images=frames[1:]), "refused"


def _empty_scenes() -> Iterator[Case]:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:240, 0:320]
    for level in (0, 1, 60, 128, 200, 254, 255):
        yield f"flat-{level}.png", encode("png", np.full((240, 320, 3), level, np.uint8)), "nobody"
    for number, spread in enumerate((3, 20, 80, 255)):
        noise = rng.integers(0, spread, (240, 320, 3)).astype(np.uint8)
        yield f"snow-{number}.png", encode("png", noise), "nobody"
    for step in (2, 5, 16, 40):
        patterns = {"checks": (x // step + y // step) % 2 * 255, "stripes": x // step % 2 * 255, "ramp": x * step % 256}
        for name, pattern in patterns.items():
            grey = pattern.astype(np.uint8)
            yield f"{name}-{step}.png", encode("png", cv2.merge([grey] * 3)), "any"
    for number in range(12):
        blobs = cv2.resize(rng.integers(0, 256, (6, 8, 3)).astype(np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
        yield f"blobs-{number}.jpg", encode("jpg", blobs), "any"


def _people(group: np.ndarray, portraits: list[np.ndarray]) -> Iterator[Case]:
    yield "group.jpg", encode("jpg", group), "faces"
    yield "crowd.jpg", encode("jpg", cv2.resize(np.tile(group, (3, 3, 1)), None, fx=0.6, fy=0.6)), "faces"
    yield "mosaic.png", encode("png", np.tile(cv2.resize(portraits[0], (48, 48)), (20, 20, 1))), "any"
    for number, portrait in enumerate(portraits[::2]):
        spread = portrait.astype(np.float32)
        for name, changed in (
            ("dark", spread * 0.08), ("blown", spread * 4), ("pale", spread * 0.1 + 210), ("inverse", 255 - spread),
            ("blurred", cv2.GaussianBlur(spread, (0, 0), 12)),
            ("upside-down", spread[::-1]), ("half", spread[:, : spread.shape[1] // 2]),
            ("top", spread[: spread.shape[0] // 3]),
            ("wide", cv2.resize(spread, (600, 100))), ("blue", spread * [1, 0.1, 0.1]),
        ):
            picture = np.clip(changed, 0, 255).astype(np.uint8)
            yield f"{name}-{number}.jpg", encode("jpg", picture), "any"
