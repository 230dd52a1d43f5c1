"""Policies: every number has its clause or is ours; anything else in the file is an error that names file and key."""
from __future__ import annotations

import dataclasses

import pytest

from common.policies import NoSuchPolicy, load_policy, policy_bytes, policy_ids
from evidence.errors import BadShape
from evidence.policy import Number, Policy, parse_policy
from evidence.rollcall import Limits

TEXT = policy_bytes("sanmenxia-2023").decode()


def numbers(table: object, path: str = "") -> dict[str, Number]:
    found: dict[str, Number] = {}
    for field in dataclasses.fields(table):  # type: ignore[arg-type]
        value = getattr(table, field.name)
        if isinstance(value, Number):
            found[path + field.name] = value
        elif dataclasses.is_dataclass(value):
            found |= numbers(value, f"{path}{field.name}.")
    return found


def broken(old: str, new: str) -> BadShape:
    assert old in TEXT
    with pytest.raises(BadShape) as caught:
        parse_policy(TEXT.replace(old, new, 1).encode(), "mine.toml")
    assert caught.value.params["where"] == "mine.toml"
    return caught.value


def test_the_three_policies() -> None:
    assert policy_ids() == ["demo", "sanmenxia-2023", "zhengzhou-2022"]
    assert {name: load_policy(name).id for name in policy_ids()} == {name: name for name in policy_ids()}


@pytest.mark.parametrize("name", ["demo", "sanmenxia-2023", "zhengzhou-2022"])
def test_every_number_has_a_clause_with_its_words_or_is_ours_with_a_reason(name: str) -> None:
    for key, number in numbers(load_policy(name)).items():
        assert (number.clause and number.quote and not number.why) or (number.source == "ours" and number.why), key


def test_the_numbers_of_the_documents() -> None:
    policy = load_policy("sanmenxia-2023")
    said = {key: number.value for key, number in numbers(policy).items() if number.clause}
    assert said == {
        "r2.minutes": 15, "r3.limit": 3, "r7.years": 3, "r9.percent": 85, "o1.people": 80, "o2.ratio": 20,
        "o2.teachers": 2, "o3.minutes": 40, "o4.percent": 60, "o5.percent": 40, "o6.hours": 40, "o8.months": 1,
        "o11.minutes": 5,
    }
    zhengzhou = load_policy("zhengzhou-2022")
    assert zhengzhou.r3 is not None and zhengzhou.r3.limit.value == 1
    assert zhengzhou.o2 is not None and zhengzhou.o2.teachers is None


def test_policies_and_the_command_have_the_same_limits_of_a_roll_call() -> None:
    before = TEXT[: TEXT.index("[rollcall]")] + TEXT[TEXT.index("[block]") :]
    policies = [parse_policy(before.encode(), "old.toml"), *map(load_policy, policy_ids())]
    pictures = Limits(still_ppm=0, reach_pct=0)
    assert [one.limits for one in policies] == [pictures if one.id == "demo" else Limits() for one in policies]


def test_a_policy_that_does_not_say_how_much_a_face_moves_or_how_far_models_see_does_not_ask() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith("still_ppm")]
    assert parse_policy("\n".join(lines).encode(), "before.toml").limits == Limits(still_ppm=0)
    lines = [line for line in TEXT.splitlines() if not line.startswith("reach_pct")]
    assert parse_policy("\n".join(lines).encode(), "before.toml").limits == Limits(reach_pct=0)
    assert parse_policy(TEXT.replace("often_pct = { value = 50", "often_pct = { value = 70").encode(), "mine.toml"
                        ).limits == dataclasses.replace(Limits(), often_pct=70)


def test_what_a_document_does_not_state_is_off() -> None:
    policy = load_policy("zhengzhou-2022")
    assert policy.r4 is None and policy.r6 is None and policy.o10 is None


def test_only_the_demo_accepts_what_is_not_real() -> None:
    def accepts(policy: Policy) -> tuple[bool, bool, bool]:
        return policy.accept_test_keys, policy.accept_simulated, not policy.liveness_required

    assert {name: accepts(load_policy(name)) for name in policy_ids()} == {
        "demo": (True, True, True), "sanmenxia-2023": (False,) * 3, "zhengzhou-2022": (False,) * 3,
    }
    assert broken("\n[video]", "accept_simulated = true\n[video]").params["key"] == "accept_simulated"


def test_an_unknown_key_is_named() -> None:
    assert broken("[r3]", "[r3]\nlimits = 3").params["key"] == "r3.limits"
    assert broken("[r3]", "[r10]").params["key"] == "r10"
    assert broken("[video]", 'sha256 = "x"\n[video]').params["key"] == "sha256"


def test_a_number_out_of_range_is_named() -> None:
    assert broken("limit = { value = 3", "limit = { value = 0").params["key"] == "r3.limit.value"
    assert broken("minutes = { value = 15", "minutes = { value = 900").params["key"] == "r2.minutes.value"


def test_a_number_without_a_source_is_named() -> None:
    assert broken('source = "ours"', 'source = ""').params["key"] == "video.max_gap_ms"


def test_a_clause_of_a_document_that_is_not_named_is_refused() -> None:
    assert broken('clause = "三 二(三)2"', 'clause = "商 四(五)1"').params["key"] == "r1.clause"


def test_a_missing_key_and_a_broken_file_are_named() -> None:
    assert broken('occasion = "block"', "").params["key"] == "r3.occasion"
    assert broken('occasion = "block"', 'occasion = "file"').params["key"] == "r3.occasion"
    with pytest.raises(BadShape, match=r"x\.toml"):
        parse_policy(b"\xff", "x.toml")
    with pytest.raises(BadShape, match=r"x\.toml"):
        parse_policy(b"= 3", "x.toml")


def test_the_hash_is_that_of_the_bytes() -> None:
    assert parse_policy(TEXT.encode(), "a").sha256 != parse_policy(TEXT.encode() + b"\n", "a").sha256


def test_a_policy_that_does_not_exist(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoSuchPolicy, match="nowhere"):
        load_policy("nowhere")
    with pytest.raises(NoSuchPolicy):
        load_policy(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text(TEXT, encoding="utf-8")
    assert load_policy(str(tmp_path / "mine.toml")).id == "sanmenxia-2023"


def test_a_policy_is_no_book() -> None:
    with pytest.raises(BadShape, match="too long"):
        parse_policy(b"#" * (2 << 20), "mine.toml")


@pytest.mark.parametrize("text", [b"a=" + b"9" * 5000, b"a=" + b"[" * 5000, b"\xff", b"a=" + b'{a=' * 2000])
def test_what_is_no_toml_is_told_so(text: bytes) -> None:
    with pytest.raises(BadShape, match="not a TOML document"):
        parse_policy(text, "mine.toml")
