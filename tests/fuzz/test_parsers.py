"""Whatever bytes come from outside: an answer, or an error of ours that the parser names, in bounded time."""
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import STEPS, Step, apply
from tests.fuzz.parser import Bench, Parser
from tests.fuzz.table import PARSERS

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
SAME = os.environ.get("ZAITANG_FUZZ") != "random"
"""The same inputs at every run, so that what lands is what was tested; with `random` others, to search for more."""
BY_NAME = {parser.name: parser for parser in PARSERS}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def survives(parser: Parser, bench: Bench, examples: int) -> None:
    """Give it so many mutations of its seeds."""
    seeds = parser.seeds()

    @settings(max_examples=examples, suppress_health_check=QUIET, deadline=None, derandomize=SAME)
    @given(st.integers(0, len(seeds) - 1), STEPS)
    def run(seed: int, steps: list[Step]) -> None:
        # The steps are what a failure prints: some inputs are too long to look at.
        try:
            parser.read(apply(seeds[seed], parser.form, steps), bench)
        except parser.raises as error:
            assert str(error)

    run()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_hostile_input_ends_in_an_answer_or_in_an_error_that_is_named(name: str, bench: Bench) -> None:
    parser = BY_NAME[name]
    for seed in parser.seeds():
        parser.read(seed, bench)
    survives(parser, bench, max(3, parser.examples // 4))


@pytest.mark.long
@pytest.mark.parametrize("name", BY_NAME)
def test_many_hostile_inputs(name: str, bench: Bench) -> None:
    survives(BY_NAME[name], bench, 2 * BY_NAME[name].examples)
