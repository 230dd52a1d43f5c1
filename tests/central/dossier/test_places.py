"""Who exports many classes at once: a few, each once, and none for ever."""
from __future__ import annotations

import pytest

from central.dossier.errors import ExportLost, ExportRuns, TooManyExports
from central.dossier.places import AT_ONCE, STALLED_S, Places


def test_attack_one_large_export_blocks_nobody_else() -> None:
    places = Places(lambda: 0.0)
    mine = places.take("li")
    with pytest.raises(ExportRuns):
        places.take("li")
    others = [places.take(f"other-{number}") for number in range(AT_ONCE - 1)]
    with pytest.raises(TooManyExports, match=str(AT_ONCE)):
        places.take("wang")
    places.leave(others[0])
    assert places.take("wang")
    places.leave(mine)
    assert places.take("li")


def test_attack_a_download_that_nobody_takes_keeps_no_place() -> None:
    now = [0.0]
    places = Places(lambda: now[0])
    held = [places.take(f"one-{number}") for number in range(AT_ONCE)]
    now[0] = STALLED_S - 1
    places.go_on(held[1])
    now[0] = STALLED_S
    assert places.take("wang")
    with pytest.raises(ExportLost):
        places.go_on(held[0])
    places.leave(held[0])
    with pytest.raises(ExportRuns):
        places.take("wang")
    places.go_on(held[1])
