"""The judgement: from material to problems, numbers and findings. What is printed and what goes into the JSON."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from evidence.errors import TestKey, VerificationError
from evidence.policy import Policy
from evidence.times import utc_text
from verify.bag import CLASS, check_bag
from verify.decisions import OfClass, of_class
from verify.derived import Derived, check_derived
from verify.errors import NoStory, OtherPolicy, SimulatedClock
from verify.findings import Judged, judge
from verify.hashing import Named, hash_all
from verify.material import Chain, ClassCase, Expected, Material
from verify.segments import check_segments, strangers, worth_reading


@dataclasses.dataclass(frozen=True)
class Result:
    """`judged` is empty unless the evidence holds: findings are computed from nothing else. What a bag derives from it
    may be wrong all the same."""

    material: Material
    problems: tuple[VerificationError, ...]
    segments: tuple[Expected, ...]
    removed: int
    missing: tuple[Expected, ...]
    """Segments that are not here, as the export says itself."""
    judged: tuple[Judged, ...]
    unjudged: tuple[str, ...]
    """Classes whose policy is not at hand."""
    decided: tuple[OfClass, ...] = ()
    """What people decided about these classes, and who objected."""
    derived: Derived | None = None
    """What a bag holds beside the class."""

    @property
    def ok(self) -> bool:
        """What is here holds."""
        return not self.problems

    @property
    def whole(self) -> bool:
        """And nothing is missing."""
        return self.ok and not self.missing

    @property
    def records(self) -> int:
        """How many records were read, of all chains."""
        return sum(len(chain.sealed) for chain in self.material.chains)

    @property
    def media_us(self) -> int:
        """Recorded media time of the segments that the records name, their gaps left out."""
        return sum(media_us(one) for one in self.segments)

    @property
    def recovered(self) -> int:
        return sum(one.segment.recovered for one in self.segments)

    @property
    def simulated(self) -> int:
        """How many records were made with a simulated clock."""
        return sum(chain.simulated for chain in self.material.chains)

    @property
    def test_key(self) -> bool:
        return any(chain.test for chain in self.material.chains)

    @property
    def as_of(self) -> str | None:
        """The instant for which the findings are computed."""
        times = [case.as_of_us for case in self.material.cases if case.as_of_us is not None]
        times = times or [one.story.last_us for one in self.judged]
        return utc_text(max(times)) if times else None


def media_us(one: Expected) -> int:
    """Media time in a segment without its gaps, microseconds."""
    segment = one.segment
    inside = sum(gap.len_us for gap in segment.gaps if gap.at_us >= segment.first_pts_us)
    return max(0, segment.end_pts_us - segment.first_pts_us - inside)


def files_to_read(material: Material, expected: list[Expected]) -> list[Named]:
    """The files of which the hashes are wanted: those that can be the segments of the records, and all that the
    manifests of a bag name."""
    found = [(material.folder, name) for name in worth_reading(material.folder, expected)]
    if material.bag is not None:
        others = {one.name for one in expected}
        found += [(folder, name) for folder, name in map(material.bag.place, material.bag.listed())
                  if folder is not material.folder or name not in others]
    return found


def conclude(material: Material, expected: list[Expected], advance: Callable[[int], None]) -> Result:
    """Hash the files, look for strangers, hold keys and clocks against the policies, compute findings, and hold what a
    bag derives against them."""
    bag = material.bag
    problems = [*material.problems]
    files = files_to_read(material, expected)
    hashes = dict(zip(files, hash_all(files, advance), strict=True))
    if material.chains:
        videos = {name: have for (folder, name), have in hashes.items() if folder is material.folder}
        problems += check_segments(material.folder, expected, videos, material.moved)
        problems += strangers(material.folder, _known(material, expected), _watched(material))
    if bag is not None:
        problems += bag.problems  # behind the records: what a bag says of itself may only follow from them
        problems += check_bag(bag, material.manifest, hashes, _told(material, expected, hashes))
    for case in material.cases:
        if case.policy is not None or material.kind == "box":  # why an export has none is named already
            problems += [error for chain in material.chains for error in _unreal(case, chain)]
    judged, decided = _judge(material, problems)
    derived = None if bag is None else check_derived(bag, material, expected, judged)
    unjudged = tuple(case.class_id for case in material.cases if case.policy is None)
    absent = [one for one in expected if one.name not in material.folder.sizes]
    gone, missing = sum(one.removed for one in absent), tuple(one for one in absent if one.lacking and not one.removed)
    problems += derived.problems if derived else ()
    return Result(material, tuple(problems), tuple(expected), gone, missing, judged, unjudged, decided, derived)


def _judge(
    material: Material, problems: list[VerificationError]
) -> tuple[tuple[Judged, ...], tuple[OfClass, ...]]:
    """The findings of every class, and what people decided; nothing once there are `problems`, to which these add."""
    judged: list[Judged] = []
    decided: list[OfClass] = []
    for case in material.cases:
        if not problems and case.policy is not None:
            try:
                one = judge(material.records(), case.class_id, case.policy, case.as_of_us, material.receipts,
                            material.receipts_whole, material.log)
                problems += _other_policy(one, case.policy)
                judged.append(one)
                said = of_class(material, one, case.policy, case)
                decided += [said] if said else []
            except NoStory as error:
                problems.append(error)
    return ((), ()) if problems else (tuple(judged), tuple(decided))


def _told(material: Material, expected: list[Expected], hashes: Mapping[Named, str | VerificationError]) -> set[str]:
    """The files of a bag of which something is wrong by what the class says of them: there it is told."""
    wrong = {one.name for one in expected if hashes.get((material.folder, one.name)) != one.segment.sha256
             and not ((one.removed or one.lacking) and one.name not in material.folder.sizes)}
    added = set(_watched(material)) - _known(material, expected)
    return {f"{CLASS}/{name}" for name in wrong | added}


def _other_policy(judged: Judged, policy: Policy) -> list[VerificationError]:
    """An export is judged by the policy that the plan of the class names, and by no other."""
    plan = judged.story.order.policy
    return [] if plan.sha256 == policy.sha256 else [OtherPolicy(have=policy.id, want=plan.id)]


def _known(material: Material, expected: list[Expected]) -> set[str]:
    return material.known_files | {one.name for one in expected}


def _watched(material: Material) -> list[str]:
    """The files of which each must be named by something: all of an export, the finished segments of a box.

    Of a chain that is missing altogether nothing can be named, and that is told once."""
    silent = tuple(f"{chain.prefix}/" for chain in material.chains if not chain.sealed)
    names = material.folder.under("" if material.kind == "export" else "video/segments/")
    return [name for name in names if not name.startswith(silent)]


def _unreal(case: ClassCase, chain: Chain) -> list[VerificationError]:
    """What this policy does not accept about a chain: a test key, a simulated clock. One that is not at hand accepts
    neither."""
    found: list[VerificationError] = []
    if chain.test and not (case.policy and case.policy.accept_test_keys):
        found.append(TestKey(where=f"{chain.device}"))
    if chain.simulated and not (case.policy and case.policy.accept_simulated):
        found.append(SimulatedClock(count=chain.simulated, device=chain.device))
    return found
