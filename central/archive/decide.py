"""Decides what an archive holds: states its export record once, writes all but the video, and keeps the plan."""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from central.archive.derived import films_of, findings_json, index_json, names_json
from central.archive.errors import OtherPull, PullDamaged
from central.archive.index import Index, index_pdf
from central.archive.pieces import BEGUN, Pieces
from central.archive.plan import Plan, Wanted, write_plan, write_whole
from central.archive.removed import certified
from central.chosen import Chosen, File
from central.classes.as_of import AsOf
from central.classes.orders import order_of
from central.classes.stories import Told
from central.dossier.facts import facts_of
from central.dossier.shape import NO_PROOF, Facts
from central.dossier.stated import institution_of
from central.export import Content, check_records, content_of, small_files, state
from central.wiring import Centre
from common.page import verify_page
from common.sheets import Name
from evidence.bodies import Export, Missing, body_of
from evidence.certs import fingerprint
from evidence.errors import BadShape
from evidence.fold import fold
from evidence.objections import is_set
from evidence.policy import parse_policy
from evidence.receipts import peek_receipt
from evidence.records import Id, Record, Sealed
from evidence.rules import findings
from evidence.seal import read_sealed
from evidence.shape import decode, encode
from evidence.story import Ref
from evidence.times import utc_us

CLASS = "data/class"
PAGE = "verify.html"
NAMES, SHEETS = "data/names.json", "data/sheets/"


@dataclasses.dataclass(frozen=True)
class Wish:
    """How an archive is to be made. `lang`: of its index."""

    lang: str
    sheets: bool = False


@dataclasses.dataclass(frozen=True)
class Begun:
    """That a pull began: before it states anything. `after`: the last record of the centre's chain then."""

    class_id: Id
    after: int


def decide(
    centre: Centre, class_id: str, pieces: Pieces, wish: Wish, missing: tuple[Missing, ...] = (),
) -> Plan:
    """The plan, and all files of it but the video. `missing`: video that cannot be had.

    Raises OtherPull, PullDamaged; what `state` and `content_of` raise, VerificationError, BadName, OSError."""
    pieces.empty()
    manifest = _manifest(centre, class_id, pieces, missing)
    content = content_of(centre, manifest)
    small = [pieces.put(f"{CLASS}/{name}", data) for name, data in small_files(centre, content)]
    check_records(centre, content, pieces.bag / CLASS)
    small += [pieces.put(path, data) for path, data in _derived(centre, content, manifest, wish)]
    export = body_of(manifest.record)
    assert isinstance(export, Export)
    plan = Plan(
        1, class_id, centre.store.device, manifest.hash, export.as_of[:10],
        tuple(sorted(small, key=lambda one: one.path)), tuple(wanted_of(content.chosen, _lacking(export))),
        content.contradicted, certified(content.chosen.removed, _offset_min(centre, class_id)), export.missing or ())
    write_plan(pieces.folder, plan)
    return plan


def _offset_min(centre: Centre, class_id: str) -> int:
    with centre.store.read() as tx:
        return order_of(tx, class_id)[1].utc_offset_min


def _manifest(centre: Centre, class_id: str, pieces: Pieces, missing: tuple[Missing, ...]) -> Sealed:
    """The export record: the one that this pull stated already, if it was ended then."""
    device, chain = centre.store.device, centre.store.chain
    path = pieces.folder / BEGUN
    if not path.exists():
        with centre.store.read() as tx:
            after = max((head.up_to for head in tx.heads(device) if head.chain == chain), default=-1)
        write_whole(path, json.dumps(encode(Begun(class_id, after))).encode())
    begun = _begun(path)
    if begun.class_id != class_id:
        raise OtherPull(folder=pieces.folder, class_id=begun.class_id)
    with centre.store.read() as tx:
        stated = [one for one in tx.of_type("export", class_id)
                  if (one.record.device, one.record.chain) == (device, chain) and one.record.seq > begun.after]
    whole = [one for one in stated if isinstance(body := body_of(one.record), Export) and body.receipts is not None]
    return whole[0] if whole else state(centre, class_id, whole=False, missing=missing)


def _begun(path: Path) -> Begun:
    try:
        return decode(Begun, json.loads(path.read_bytes()), BEGUN, strict=True)
    except (ValueError, RecursionError, BadShape):
        raise PullDamaged(file=BEGUN) from None


def wanted_of(chosen: Chosen, lacking: Collection[Ref] = ()) -> Iterator[Wanted]:
    """The video, by its places in the bag, but for what it lacks."""
    for file in carried(chosen.files):
        if (file.device, file.chain, file.seq) in lacking:
            continue
        yield Wanted(f"{CLASS}/{file.path}", file.segment.sha256, file.segment.size, file.device, file.chain, file.seq)


def _lacking(export: Export) -> dict[Ref, Missing]:
    """The segments that the export lacks, by their records."""
    return {(one.device, one.chain, seq): one for one in export.missing or () for seq in one.seqs}


def carried(files: Iterable[File]) -> Iterator[File]:
    """The files that have a place of their own. A box may name one place twice, or one where a folder of others must
    be: the first record has it, and of the others whoever verifies finds other bytes, or none."""
    taken, folders = set[str](), set[str]()
    for file in files:
        above = {str(one) for one in PurePosixPath(file.path).parents}
        if file.path not in taken and file.path not in folders and not taken & above:
            taken.add(file.path)
            folders |= above
            yield file


def _derived(centre: Centre, content: Content, manifest: Sealed, wish: Wish) -> Iterator[tuple[str, bytes]]:
    """What is no evidence, by its path in the bag."""
    records = [read_sealed(envelope).record for _, envelopes in content.chains for envelope in envelopes]
    told = _told(centre, content, manifest, records)
    facts, names = _facts(centre, told, manifest), _names(centre, told.order.class_id)
    export = body_of(manifest.record)
    assert isinstance(export, Export)
    films, removed = films_of(told, carried(content.chosen.files), _lacking(export)), content.chosen.removed
    sheets = []
    if wish.sheets:
        from central.archive.sheets import shown_sheets  # opens pictures: loaded only for this

        for shown, data in shown_sheets(centre, told):
            sheets.append(shown)
            yield shown.path, data
    yield "data/findings.json", findings_json(told)
    yield "data/index.json", index_json(told, facts, manifest.hash, films, removed, sheets)
    yield "data/index.pdf", index_pdf(Index(facts, manifest.hash, films, removed, sheets, bool(names)), wish.lang)
    yield NAMES, names_json(told.order.class_id, names, records)
    yield PAGE, verify_page()


def _told(centre: Centre, content: Content, manifest: Sealed, records: list[Record]) -> Told:
    """The class as the records in the archive tell it, and as anybody finds it who verifies."""
    export = body_of(manifest.record)
    assert isinstance(export, Export)
    policy = parse_policy(content.policy, f"{export.policy.id}.toml")
    receipts = {(head.device, head.chain): [peek_receipt(one) for one in given] for head, given in content.receipts}
    story = fold(records, export.class_id, policy, receipts=receipts, log=centre.store.log)
    now = AsOf(utc_us(export.as_of), story.simulated and policy.accept_simulated, is_set(manifest.record))
    return Told(story.order, policy, story, now, findings(story, policy, now.us), 0)


def _facts(centre: Centre, told: Told, manifest: Sealed) -> Facts:
    with centre.store.read() as tx:
        order = tx.record(*told.story.order_ref)
        institution = institution_of(tx, told.order, tx.leaf_of(*manifest.record.key) + 1)
    assert order is not None
    proof = dataclasses.replace(NO_PROOF, fingerprint=fingerprint(centre.keys.root))
    return facts_of(told, {}, order.hash, institution, proof, lambda _: True)


def _names(centre: Centre, class_id: str) -> dict[str, Name]:
    with centre.store.read() as tx:
        return centre.names.open_all(class_id, tx.sealed_names(class_id))
