"""Small inputs that would become large or slow: every parser ends on them soon, and without much memory."""
from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.parser import Bench
from tests.fuzz.table import PARSERS

BY_NAME = {parser.name: parser for parser in PARSERS}
CPU_S = 5.0
"""Seconds of this thread for one input: a hundred times what the slowest parser takes on a quick machine."""
MEMORY_KB = 512 << 10
BOMBS = {
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a":' * 50_000,
    "a nested TOML value": b"a = " + b"[" * 50_000,
    "dotted keys": b".".join([b"a"] * 5_000) + b" = 1",
    "a long number": b'{"a": ' + b"9" * 300_000 + b"}",
    "a long text": b'"' + b"a" * 500_000 + b'"',
    "many lines": b"\n" * 100_000,
    "many keys": b"{" + b",".join(b'"k%d":0' % number for number in range(20_000)) + b"}",
    "many certificates": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" * 5_000,
    "many boxes": b"\0\0\0\x08free" * 50_000,
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.mark.long
@pytest.mark.parametrize("name", BY_NAME)
def test_a_bomb_costs_little(name: str, bench: Bench) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for what, data in BOMBS.items():
        began = time.thread_time()
        try:
            BY_NAME[name].read(data, bench)
        except BY_NAME[name].raises as error:
            assert str(error)
        assert time.thread_time() - began < CPU_S, f"{name}: {what}"
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < MEMORY_KB, f"{name}: {what}"
