"""How few strangers may pass: real policies ask, a demonstration does not."""
from __future__ import annotations

import dataclasses

import pytest

from common.policies import load_policy
from evidence.strangers import allowed_ppm

REAL, DEMO = load_policy("sanmenxia-2023"), load_policy("demo")
ALLOWED = 15_000


@pytest.mark.parametrize("policy", ["sanmenxia-2023", "zhengzhou-2022"])
def test_real_policies_ask(policy: str) -> None:
    assert allowed_ppm(load_policy(policy)) == ALLOWED
    checkin = dataclasses.replace(REAL.checkin, false_match_ppm=None)
    assert allowed_ppm(dataclasses.replace(REAL, checkin=checkin)) is None and allowed_ppm(DEMO) is None
