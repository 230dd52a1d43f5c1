"""A result as sentences for people and as JSON for programs."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from common.reasons import AND, READINGS, RESULTS, VERDICTS, finding_words, moment_words, rule_words, zone_words
from common.texts import N_, translate
from evidence.rules import Finding, R3Finding
from evidence.times import SECOND, utc_text, utc_us
from verify import decisions, missing, verdict
from verify.bag import INDEX, LABELLED, NAMES, PAGE, PAPER
from verify.bagit import INFO
from verify.filmed import CHINA_MIN, tells_where
from verify.folder import shown
from verify.result import Result

NAMED = 5
SUMMARY = N_("Records: {records}, in chains: {chains}; segments: {segments}, recovered: {recovered}; video: {media}")
ROOT = N_("Root: {fingerprint}")
PINNED = N_("Signer pinned: it is the root that was given.")
NOT_PINNED = N_("Signer not pinned: compare the root's fingerprint with the one that the authority publishes (--root).")
SIGNER = N_("Signed by {device}, key {keyid}")
TEST_KEY = N_("TEST KEY: signed with a key made for tests. This proves nothing about a real class.")
SIMULATED = N_("SIMULATED CLOCK: this is not real. Records made with a simulated clock: {count}")
UNFINISHED = N_("Files still being recorded, which no record names yet and nobody has signed: {count} ({files})")
QUARANTINED = N_("Files that recovery put aside: {count}")
REMOVED = N_("Segments deleted, for each of which a record says so: {count}")
NO_HEAD = N_("Cannot tell whether records at the end were removed: no receipt of a centre vouches for the chain.")
UNCHECKED = N_("Cannot tell whether records at the end were removed: receipts are here ({count}), but not the"
               " certificate of the centre that signed them.")
VOUCHED = N_("A receipt vouches for the chain up to record {up_to}; whether later ones were removed cannot be told.")
NO_POLICY = N_("No findings for class {class_id}: its policy is not at hand.")
NOT_JUDGED = N_("No findings: they are computed only from evidence that holds.")
UNKNOWN = N_("Records of types that this version does not know, verified but not in the story: {count}")
CLASS = N_("Class {class_id}, policy {policy}; records and findings up to {as_of}")
FLAG = N_("FLAG")
TREE = N_("The centre signed, {at}, a tree of {size} records that holds every chain of this export to its end. None of"
          " them can be changed or left out later without contradicting that signature.")
OLDER = N_("It begins with the tree of {size} records that the centre signed {at}.")
WITNESSED = N_("The witness {witness} confirmed, {at}, that the tree of {size} records is the one that it saw growing."
               " In it are: {ends}")
STAMPED = N_("A time-stamping authority that was given stamped the tree of {size} records, {at}: it existed then.")
STAMP_UNCHECKED = N_("The tree of {size} records has a time stamp of {at}, but none of an authority that was given"
                     " (--stamp-root): anybody can have made it.")
STAMP_UNREAD = N_("The tree of {size} records has a time stamp, which was not read: that needs"
                  " pip install 'zaitang-VERSION-py3-none-any.whl[stamps]'.")
STAMPS = {"checked": STAMPED, "unchecked": STAMP_UNCHECKED, "unread": STAMP_UNREAD}
UPTO = N_("{device} up to record {seq}")
NO_TREE = N_("Cannot tell whether the centre changed or left out anything since: this export holds no tree.")
NO_WITNESS = N_("Cannot tell whether the centre shows the same tree to everybody: no witness that you trust (--witness)"
                " has confirmed it.")
LEFT_OUT = N_("Cannot tell whether the centre left out later records, or a box of the class: compare with what the"
              " boxes show as their last record. Here are: {ends}")
NO_RECEIPTS = N_("Cannot tell when the centre received what the boxes state: the manifest does not say which receipts"
                 " there are.")
UNCERTIFIED = N_("Cannot tell whether the centre certified the key with which {device} signs: no record of its chain"
                 " says so. Ask the centre for the fingerprint of that key.")
LEFT = N_("Cannot tell what {device} recorded at the end of the chain that it ended: of its {count} records not all"
          " came to the centre, or other ones. They lie in the box.")
UNSAID = N_("Cannot tell what {device} recorded at the end of a chain that it left without a word: of the chains of"
            " {device} {count} are named by none that came later, where only the last one should be.")
OTHERS = N_("Said to have confirmed it too, not checked, for their keys were not given: {names}")
LIVENESS = N_("Liveness not checked: check-ins were accepted without testing that a living person stood before the"
              " camera.")
READING = N_("If {reading}: not showing everyone {missing}, undecided {open} – {verdict}")
BAGGED = N_("Compared with the manifests of the bag alone, which nobody signed: {files}. What they say proves nothing.")
SHEETS = N_("contact sheets ({count})")
COUNTS = N_("the counts in {file}")
LABELS = N_("further lines of {file} ({count})")
NO_NAMES = N_("The bag holds no names: people are told by their pseudonyms.")
NAMED_ALL = N_("Names: {count}, each the one to which the class commits.")
NAMELESS = N_("Names: {count}, each the one to which the class commits. Told by their pseudonyms: {others}")
NO_SHEETS = N_("The bag holds no contact sheets.")
OTHER_RULES = N_("Cannot tell whether the findings of the bag are right: another version of the rules made them. Below"
                 " are those that this version gives.")
SILENT = N_("Nothing is recorded about: {rules}")


def cannot_tell(result: Result, lang: str) -> list[str]:
    """What a bare box cannot prove about the end of its chain, and an export about the centre."""
    material = result.material
    if material.kind == "export" and material.chains:
        return [*_of_the_centre(result, lang), *_of_the_bag(result, lang)]
    if material.kind != "box" or not material.chains:
        return []
    if material.vouched_up_to is not None:
        return [translate(VOUCHED, lang, up_to=material.vouched_up_to)]
    if material.receipts_unchecked:
        return [translate(UNCHECKED, lang, count=material.receipts_unchecked)]
    return [translate(NO_HEAD, lang)]


def _of_the_centre(result: Result, lang: str) -> Iterator[str]:
    """What an export, which the centre makes alone, cannot prove about it."""
    trees = result.material.trees
    if not trees:
        yield translate(NO_TREE, lang)
    elif not any(one.witnessed for one in trees):
        yield translate(NO_WITNESS, lang)
    ends = [translate(UPTO, lang, device=chain.device, seq=max(one.record.seq for one in chain.sealed))
            for chain in result.material.chains if chain.sealed and not chain.of_centre]
    yield translate(LEFT_OUT, lang, ends=AND[lang].join(ends))
    for device, count in result.material.left():
        yield translate(LEFT, lang, device=device, count=count)
    for device, count in result.material.unsaid():
        yield translate(UNSAID, lang, device=device, count=count)
    if not result.material.receipts_whole:
        yield translate(NO_RECEIPTS, lang)
    for device in result.material.uncertified():
        yield translate(UNCERTIFIED, lang, device=device)


def _of_the_bag(result: Result, lang: str) -> Iterator[str]:
    """What lies in a bag and cannot be held against any record."""
    bag, derived = result.material.bag, result.derived
    if bag is None or derived is None:
        return
    sheets = [translate(SHEETS, lang, count=bag.sheets)] if bag.sheets else []
    counts = [translate(COUNTS, lang, file=INDEX)] if INDEX in bag.derived else []
    labels = [translate(LABELS, lang, file=INFO, count=len(more))] if (more := bag.info.keys() - LABELLED) else []
    yield translate(BAGGED, lang, files=AND[lang].join([PAPER, PAGE, *sheets, *counts, *labels]))
    if not derived.same_rules:
        yield translate(OTHER_RULES, lang)


def _in_the_bag(result: Result, lang: str) -> Iterator[str]:
    """What a bag has beside the class, and what was taken from it or never asked for."""
    bag, derived = result.material.bag, result.derived
    if bag is None or derived is None or not result.judged:
        return
    known, others = len(derived.names.known), [shown(one) for one in derived.names.nameless]
    if NAMES not in bag.folder.sizes:
        yield translate(NO_NAMES, lang)
    elif not derived.names.problems:
        named = others[:NAMED] + ["…"] * (len(others) > NAMED)
        yield translate(NAMELESS if others else NAMED_ALL, lang, count=known, others=AND[lang].join(named))
    if not bag.sheets:
        yield translate(NO_SHEETS, lang)


def trees_said(result: Result, lang: str) -> Iterator[str]:
    """What the centre's tree proves about an export."""
    if not result.material.trees:
        return
    *older, newest = result.material.trees
    yield translate(TREE, lang, at=_second(newest.stated.time_s), size=newest.size)
    for one in older:
        yield translate(OLDER, lang, at=_second(one.stated.time_s), size=one.size)
    for one in result.material.trees:
        ends = [translate(UPTO, lang, device=device, seq=seq) for (device, _), seq in sorted(one.ends.items())]
        for witness, time_s in one.witnessed.items():
            yield translate(WITNESSED, lang, witness=shown(witness), at=_second(time_s), size=one.size,
                            ends=AND[lang].join(ends))
    for one in result.material.trees:
        if one.stamp != "none":
            at = "" if one.stamped_s is None else _second(one.stamped_s)
            yield translate(STAMPS[one.stamp], lang, size=one.size, at=at)
    others = sorted({name for one in result.material.trees for name in one.others})
    if others:
        yield translate(OTHERS, lang, names=", ".join(map(shown, others)))


def _second(time_s: int) -> str:
    return f"{utc_text(time_s * SECOND)[:19]}Z"


def liveness_checked(result: Result) -> bool:
    """False if a check-in was accepted without it."""
    return all(one.story.liveness_checked for one in result.judged)


def as_json(result: Result, lang: str) -> dict[str, Any]:
    """The document for `--json`. Sentences are in `lang`; times and numbers are not."""
    return {
        "ok": result.whole,
        **verdict.as_json(result, lang),
        "kind": "bag" if result.material.bag else result.material.kind,
        "records": result.records,
        "segments": len(result.segments),
        "media_s": round(result.media_us / 1e6, 3),
        "recovered": result.recovered,
        "removed": result.removed,
        "missing": missing.as_json(result.missing),
        "unfinished": len(result.material.unfinished),
        "unfinished_files": result.material.unfinished,
        "signer": _signer(result),
        "pinned": result.material.pinned,
        "test_key": result.test_key,
        "simulated": result.simulated > 0,
        "liveness_checked": liveness_checked(result),
        "cannot_tell": cannot_tell(result, lang),
        "trees": [
            {"size": one.size, "root_hash": one.stated.checkpoint.root.hex(), "time": _second(one.stated.time_s),
             "witnessed": {name: _second(time_s) for name, time_s in one.witnessed.items()}, "others": list(one.others),
             "stamped": None if one.stamped_s is None else _second(one.stamped_s), "stamp": one.stamp,
             "ends": [{"device": device, "chain": chain, "seq": seq} for (device, chain), seq in one.ends.items()]}
            for one in result.material.trees
        ],
        "class": result.material.only_class,
        "as_of": result.as_of,
        "findings": [{**finding, "class": one.class_id} for one in result.judged for finding in one.findings],
        "decided": [decisions.as_json(one) for one in result.decided],
    }


def _signer(result: Result) -> dict[str, Any]:
    keys = {chain.device: chain.checked.identity.keyid for chain in result.material.chains
            if chain.checked.identity is not None}
    return {"root": result.material.root, "devices": keys}


def sentences(result: Result, lang: str) -> Iterator[str]:
    """What is printed, line by line: warnings that must not be missed first, then verdict, problems, findings."""
    if result.test_key:
        yield translate(TEST_KEY, lang)
    if result.simulated:
        yield translate(SIMULATED, lang, count=result.simulated)
    yield verdict.sentence(result, lang)
    if result.ok and not result.material.pinned:
        yield translate(NOT_PINNED, lang)
    where = tells_where(result.material, result.segments, lang)
    yield from missing.sentences(result.missing, where, _offset_min(result), lang) if result.ok else ()
    yield from verdict.problems(result, where, lang)
    yield _summary(result, lang)
    yield from _signers(result, lang)
    yield from _remarks(result, lang)
    yield from _findings(result, lang)
    for one in result.decided:
        yield from decisions.sentences(one, lang)


def _summary(result: Result, lang: str) -> str:
    seconds = result.media_us // 1_000_000
    media = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return translate(SUMMARY, lang, records=result.records, chains=len(result.material.chains),
                     segments=len(result.segments), media=media, recovered=result.recovered)


def _signers(result: Result, lang: str) -> Iterator[str]:
    signer = _signer(result)
    for device, keyid in signer["devices"].items():
        yield translate(SIGNER, lang, device=device, keyid=keyid)
    if signer["root"]:
        yield translate(ROOT, lang, fingerprint=signer["root"])
    if result.material.pinned or not result.ok:
        yield translate(PINNED if result.material.pinned else NOT_PINNED, lang)


def _remarks(result: Result, lang: str) -> Iterator[str]:
    material = result.material
    if material.unfinished:
        named = [shown(name.rpartition("segments/")[2]) for name in material.unfinished[:NAMED]]
        more = ["…"] * (len(material.unfinished) > NAMED)
        yield translate(UNFINISHED, lang, count=len(material.unfinished), files=", ".join(named + more))
    counts = ((QUARANTINED, material.quarantined), (REMOVED, result.removed),
              (UNKNOWN, max((one.story.unknown_records for one in result.judged), default=0)))
    yield from (translate(text, lang, count=count) for text, count in counts if count)
    yield from trees_said(result, lang) if result.ok else ()
    yield from _in_the_bag(result, lang)
    yield from cannot_tell(result, lang)


def _findings(result: Result, lang: str) -> Iterator[str]:
    names = result.derived.names.known if result.derived else {}
    if not result.ok and not result.judged and result.material.cases:
        yield translate(NOT_JUDGED, lang)
    for class_id in result.unjudged if result.ok else ():
        yield translate(NO_POLICY, lang, class_id=class_id)
    if not liveness_checked(result):
        yield translate(LIVENESS, lang)
    for one in result.judged:
        yield translate(CLASS, lang, class_id=one.class_id, policy=one.story.order.policy.id,
                        as_of=_as_of(result.as_of, one.story.order.utc_offset_min, lang))
        silent = [finding for finding in one.said if _says_nothing(finding)]
        for finding in (finding for finding in one.said if finding not in silent):
            flag = f" · {translate(FLAG, lang)}" if finding.flag else ""
            yield f"  {_title(finding, lang)} · {translate(RESULTS[finding.result], lang)}{flag}"
            yield from (f"      {said}" for said in finding_words(finding, lang, names))
            yield from (f"      {line}" for line in _readings(finding, lang))
        if silent:
            yield "  " + translate(SILENT, lang, rules=AND[lang].join(_title(one, lang) for one in silent))


def _as_of(utc: str | None, offset_min: int, lang: str) -> str:
    """The instant of the findings on the clock of the class; to the microsecond it is in the JSON."""
    return "" if utc is None else f"{moment_words(utc_us(utc), offset_min, lang)} ({zone_words(offset_min)})"


def _offset_min(result: Result) -> int:
    return next((one.story.order.utc_offset_min for one in result.judged), CHINA_MIN)


def _readings(finding: Finding, lang: str) -> Iterator[str]:
    """The tallies under the other readings of R3."""
    for one in finding.readings if isinstance(finding, R3Finding) else ():
        yield translate(READING, lang, reading=translate(READINGS[one.name], lang), missing=one.missing, open=one.open,
                        verdict=translate(VERDICTS[one.verdict], lang))


def _title(finding: Finding, lang: str) -> str:
    """A rule by number and words; what stands beside the rules by its words."""
    title = rule_words(finding.rule, lang)
    return f"{finding.rule}: {title}" if finding.rule[1:].isdigit() else title


def _says_nothing(finding: Finding) -> bool:
    return [reason.code for reason in finding.reasons] == ["not_recorded"]
