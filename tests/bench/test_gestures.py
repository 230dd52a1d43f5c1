"""The table of what faces do in clips: what cannot be told is told as such."""
from __future__ import annotations

from bench.gestures import HEAD, line
from evidence.challenge import REST_DEG, TURN_DEG, Look


def test_a_row_of_the_table() -> None:
    looks = [Look(0, True, None, 0.0, 100_000, 20_000), Look(1, True, None, TURN_DEG + 1.0, 300_000, 40_000),
             Look(2, True, None, -REST_DEG, 500_000, 60_000), Look(3, False)]
    lids = [(500_000, 0.02), (700_000, 0.0641), (450_000, 0.5), (400_000, 0.08), (0, 0.2)]
    row = line("clip", looks, [900_000, 100_000, None], lids)
    assert row == "| clip | 3 of 4 | 1 of 3 | -10, 0, 16 | 30, 48, 50 | 4, 6, 6 | 2, 1 | 0.064; 0.080 |"
    assert row.count("|") == HEAD[0].count("|") == HEAD[1].count("|")


def test_a_pack_without_eyes_and_scores() -> None:
    assert line("clip", [Look(0, True, None, 3.0)], []) == "| clip | 1 of 1 | – | 3, 3, 3 | – | – | 1, 0 | –; – |"
    assert line("clip", [Look(0, False)], []) == "| clip | 0 of 1 | – | – | – | – | 0, 0 | –; – |"
