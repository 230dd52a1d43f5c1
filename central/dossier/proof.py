"""The code on a dossier: a few lines that tie the paper to the centre's tree, and their check against the centre."""
from __future__ import annotations

import dataclasses
import re

from central.dossier.errors import NeverSigned, NotAProof, NotInTree, OtherFindings, OtherTree
from central.dossier.gather import told_at
from central.dossier.shape import Facts
from central.tree.tree import prove_growth
from central.wiring import Centre
from common.texts import N_
from evidence.errors import BadNote, BadProof, BadRecord
from evidence.merkle import HASH_BYTES, MAX_SIZE, check_consistency
from evidence.notes import base64_text, unbase64
from evidence.standing import findings_hash
from evidence.times import SECOND, utc_text, utc_us

FORMAT = "zaitang-dossier/1"
MOST = 2048
"""Characters of a code; what it says fits into a quarter of that."""
LINES = 8
_CLASS = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIZE = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Code:
    """What the lines say. `root`: 32 bytes; `signed_us`: when the checkpoint was signed."""

    origin: str
    size: int
    root: bytes
    class_id: str
    signed_us: int
    findings_sha256: str
    address: str


def code_text(facts: Facts) -> str:
    """The lines of a dossier: the three of the checkpoint as the centre signed them, then what they prove."""
    one = facts.proof
    return "\n".join((FORMAT, one.origin, str(one.size), one.root, facts.head.class_id, utc_text(one.signed_us),
                      facts.findings_sha256, one.address))


def read_code(text: str) -> Code:
    """Raises NotAProof."""
    lines = [line.strip() for line in text[: MOST + 1].strip().splitlines()]
    if len(text) > MOST or len(lines) != LINES:
        raise NotAProof(why=N_("it has eight short lines"))
    first, origin, size, root, class_id, signed, digest, address = lines
    if first != FORMAT:
        raise NotAProof(why=N_("its first line names another format"))
    if not (_SIZE.fullmatch(size) and int(size) <= MAX_SIZE and _CLASS.fullmatch(class_id) and _SHA.fullmatch(digest)):
        raise NotAProof(why=N_("a line is misspelt"))
    try:
        hashed = unbase64(root)
        when = utc_us(signed)
    except (BadNote, BadRecord):
        raise NotAProof(why=N_("a line is misspelt")) from None
    if len(hashed) != HASH_BYTES:
        raise NotAProof(why=N_("a line is misspelt"))
    return Code(origin, int(size), hashed, class_id, when, digest, address)


def check_code(centre: Centre, code: Code) -> None:
    """Whether this centre signed that tree then, its tree still begins with it, and its records give these findings.

    Raises OtherTree, NeverSigned, NotInTree, OtherFindings; UnknownClass, NotYetThen, PolicyGone; TreeDamaged."""
    tree = centre.tree()
    if code.origin != tree.key.name:
        raise OtherTree(named=code.origin, own=tree.key.name)
    now = centre.checkpoint().checkpoint
    with centre.store.read() as tx:
        stated = [tree.stated(kept) for kept in tx.checkpoints_of(code.size)]
        if not any(one.time_s * SECOND == code.signed_us for one in stated):
            raise NeverSigned(size=code.size, signed=utc_text(code.signed_us))
        try:
            growth = prove_growth(tx, code.size, now.size)
            check_consistency(code.size, code.root, now.size, now.root, growth)
        except BadProof:
            raise NotInTree(size=code.size, root=base64_text(code.root)) from None
        told, _ = told_at(centre.store, tx, code.class_id, code.size, code.signed_us)
    if findings_hash(told.findings) != code.findings_sha256:
        raise OtherFindings(class_id=code.class_id, size=code.size)
