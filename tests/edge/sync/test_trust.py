"""What keeps a box from its centre as far as certificates do: told while it lasts, stated once."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.tls import Trouble
from edge.sync.alarms import Alarms
from edge.sync.trust import NO_TROUBLE, TELL_DAYS, Own, Trust, TrustTeller, read_trust, trust_of, write_trust
from edge.wiring import Box
from evidence.bodies import Alarm, body_of

MakeBox = Callable[..., Box]
GOOD = Own(False, 0, "")


def told(box: Box) -> list[tuple[str, dict[str, object]]]:
    bodies = [body_of(sealed.record) for sealed in box.store.records_of("alarm")]
    return [(body.code, dict(body.params)) for body in bodies if isinstance(body, Alarm)]


@given(st.sampled_from([None, "dates", "stranger", "own"]), st.booleans(), st.integers(-1000, 1000))
def test_only_a_renewal_that_failed_counts_days_and_the_broker_knows_better(
    trouble: Trouble | None, failing: bool, days: int
) -> None:
    trust = trust_of(trouble, Own(failing, days, "2026-03-02"))
    assert trust.why == (trouble if trouble in ("dates", "stranger") else None)
    if not failing:
        assert trust.days_left is None
    elif trouble == "own":
        assert trust.days_left == 0
    else:
        assert trust.days_left == (max(0, days) if days <= TELL_DAYS[-1] else None)


def test_each_is_stated_once_and_told_until_it_is_over(make_box: MakeBox) -> None:
    box = make_box()
    box.run_folder.mkdir(exist_ok=True)
    now: list[tuple[Trouble | None, Own]] = [(None, GOOD)]
    teller = TrustTeller(box.run_folder, Alarms(box.store), lambda: now[0], lambda: "2026-03-02")

    def after(trouble: Trouble | None, own: Own) -> Trust:
        now[0] = trouble, own
        teller.tick()
        teller.tick()
        return read_trust(box.run_folder)

    assert after(None, GOOD) == NO_TROUBLE and told(box) == []
    assert after("dates", GOOD) == Trust("dates")
    assert after(None, GOOD) == NO_TROUBLE
    assert after("dates", GOOD) == Trust("dates")
    assert told(box) == [("centre.dates", {"today": "2026-03-02"})]
    for left in (20, 14, 13, 4, 3, 2, 0, -5):
        after(None, Own(True, left, "2026-03-16"))
    assert read_trust(box.run_folder) == Trust(None, 0)
    assert [params["days"] for code, params in told(box)[1:]] == [14, 3, 0]
    assert after(None, GOOD) == NO_TROUBLE
    after("own", Own(True, 80, "2026-06-01"))
    assert told(box)[-1] == ("certificate.not_renewed", {"days": 0, "until": "2026-06-01"})


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"why":"other"}', b'{"days_left":-1}', b"x" * 9000])
def test_what_cannot_be_read_tells_nothing(make_box: MakeBox, data: bytes) -> None:
    box = make_box()
    box.run_folder.mkdir(exist_ok=True)
    assert read_trust(box.run_folder) == NO_TROUBLE
    write_trust(box.run_folder, Trust("stranger", 3))
    assert read_trust(box.run_folder) == Trust("stranger", 3)
    (box.run_folder / "trust.json").write_bytes(data)
    assert read_trust(box.run_folder) == NO_TROUBLE
