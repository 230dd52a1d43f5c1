"""A picture that says when it was taken: 64 black or white cells over the upper part, below them noise.

Four rows of sixteen cells, row by row, the highest bit first: 48 bits of milliseconds since 1970, 16 bits of CRC. Drawn
and read by the standard library, for it is drawn under the system's Python.
"""
from __future__ import annotations

import binascii
import os
from collections.abc import Callable

WIDTH, HEIGHT, CELL, COLUMNS, ROWS = 640, 360, 40, 16, 4
BLACK, WHITE, GREY = b"\x18", b"\xe8", b"\x80"
_NOISE = bytes(96 + byte % 64 for byte in os.urandom(WIDTH * HEIGHT))
MIDDLE = 128


def draw(ms: int, noisy: int = 20) -> bytes:
    """A picture in I420. `noisy`: rows of noise below the cells, which no encoder makes small."""
    bits, rows = _bits(ms), bytearray()
    for row in range(ROWS):
        line = b"".join((WHITE if bit else BLACK) * CELL for bit in bits[row * COLUMNS : (row + 1) * COLUMNS])
        rows += line * CELL
    shift = ms * 7919 % (WIDTH * (HEIGHT - noisy))
    rows += _NOISE[shift : shift + WIDTH * noisy]
    return bytes(rows) + GREY * (WIDTH * HEIGHT * 3 // 2 - len(rows))


def read(level: Callable[[float, float], float]) -> int | None:
    """Milliseconds since 1970; None where the picture shows no clock. `level`: how bright it is (0 to 255) at a place,
    given as shares of its width and height."""
    cells = [level((column + 0.5) * CELL / WIDTH, (row + 0.5) * CELL / HEIGHT)
             for row in range(ROWS) for column in range(COLUMNS)]
    return decoded([cell > MIDDLE for cell in cells])


def decoded(bits: list[bool]) -> int | None:
    """What 64 cells say."""
    ms = sum(1 << (47 - place) for place in range(48) if bits[place])
    return ms if ms and _bits(ms) == bits else None


def _bits(ms: int) -> list[bool]:
    value = ms << 16 | binascii.crc_hqx(ms.to_bytes(6, "big"), 0xFFFF)
    return [bool(value >> (63 - place) & 1) for place in range(64)]
