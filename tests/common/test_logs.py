"""Logs carry numbers and machine words; a name that slips into a call is withheld."""
from __future__ import annotations

import io
import json
from typing import get_args

from common import logs
from evidence.box_orders import Why


def written(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_names_are_withheld_and_errors_keep_their_words_to_themselves() -> None:
    stream = io.StringIO()
    logs.setup(stream)
    log = logs.Log("sync")
    log.info("order.accepted", number=3, order="ab12", who="王秀英", other="Wang Xiuying", many=["s-1", "李强"])
    try:
        raise ValueError("王秀英")
    except ValueError as error:
        log.failed("order.failed", error)
    first, second = written(stream)
    assert first["event"] == "order.accepted" and first["number"] == 3 and first["order"] == "ab12"
    assert first["who"] == first["other"] == logs.WITHHELD and first["many"] == ["s-1", logs.WITHHELD]
    assert second["error"] == "value_error" and str(second["at"]).startswith("test_logs.py:")
    assert "\\u738b" not in stream.getvalue() and "Wang" not in stream.getvalue()


def test_codes_of_an_order_and_the_want_of_one_are_said() -> None:
    stream = io.StringIO()
    logs.setup(stream)
    for why in get_args(Why):
        logs.Log("sync").info("order.answered", why=why)
    assert [one["why"] for one in written(stream)] == list(get_args(Why)) and "" in get_args(Why)
