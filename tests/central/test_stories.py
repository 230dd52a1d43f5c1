"""Stories of the console: what a class comes to, by the centre's own keys."""
from __future__ import annotations

from typing import Any

import pytest

from central.classes import stories
from central.wiring import Centre
from evidence.fold import fold


def test_the_console_believes_no_checkpoint_that_the_centre_did_not_sign(
    played: Centre, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same key as an auditor's: else the two would tell different stories of one class."""
    logs: list[object] = []

    def told(*args: Any, log: object, **named: Any) -> object:
        logs.append(log)
        return fold(*args, log=log, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(stories, "fold", told)
    stories.Stories(played.store, played.clock).tell("welder-1")
    assert logs == [played.tree().key]
