"""A centre as large as a city's: 1,000 boxes, 5,000 classes, 2 million records that verify. Made once and kept.

`python -m bench.console_seed FOLDER [--share N]`: one box in N, for a try.
"""
from __future__ import annotations

import argparse
import dataclasses
import hashlib
import itertools
import json
import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509 import random_serial_number
from sqlalchemy import insert

from bench.console_boxes import BOOT_US, DAY_US, NOW, SeededClass, rows
from central.authority import CA, CERTIFICATE_DAYS, Authority, load_authority
from central.place import DATABASE
from central.store import schema as t
from central.store.engine import open_engine, writing
from central.wiring import Centre, init_centre, open_centre
from common.policies import policy_bytes
from common.sheets import Name
from evidence.bodies import Alarm, ClassOrder, DeviceApproved, Enrolled, Genesis, Place, PolicyRef
from evidence.certs import fingerprint, issue, pem
from evidence.heartbeats import Heartbeat, seal_heartbeat
from evidence.receipts import Receipt, seal_receipt
from evidence.records import ClockState, Stamp
from evidence.seal import KeySigner
from evidence.times import HOUR, SECOND, utc_text

BOXES, CLASSES_EACH, PEOPLE, HEAVY_EVERY = 1000, 5, 25, 50
SLICE = 100
"""Records of a box between two receipts; the boxes come in turn, as they would."""
PROCESSES = 2
POLICY, UNPICTURED = "sanmenxia-2023", "bench-unpictured"
"""Of all but the large classes nobody looks at the picture: the samples alone would fill a disk."""
DONE = "seeded.json"
TRADES = ("焊工", "电工", "育婴员", "中式烹调师")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏健宇欣浩轩涵梓萱雨晨佳思怡"


class Stands:
    """A clock that stands at one moment."""

    def __init__(self, utc_us: int = NOW) -> None:
        self.utc_us = utc_us

    def stamp(self) -> Stamp:
        return Stamp("b0", self.utc_us - BOOT_US, self.utc_us, ClockState(True, 1500, "kernel", 1))


@dataclasses.dataclass(frozen=True)
class SeededBox:
    """A box, its key and what it teaches."""

    device: str
    chain: str
    seed: bytes
    genesis: Genesis
    certificate: str
    classes: tuple[SeededClass, ...]


def seeded(folder: Path, share: int = 1) -> Centre:
    """The centre in a folder, made there first if it is not whole yet. `share`: one box in so many."""
    done = folder / DONE
    if done.exists():
        return open_centre(folder / "centre", Stands())
    begun = time.perf_counter()
    centre = init_centre(folder / "centre", test_keys=True, clock=Stands(NOW - 60 * DAY_US))
    boxes = _boxes(folder / "centre", centre, BOXES // share)
    count = _write(folder / "centre", centre, boxes)
    centre.store.close()
    done.write_text(json.dumps({"records": count, "boxes": len(boxes), "classes": len(boxes) * CLASSES_EACH,
                                "seconds": round(time.perf_counter() - begun)}))
    return open_centre(folder / "centre", Stands())


def classes_of(number: int) -> tuple[SeededClass, ...]:
    """The classes of a box: five of a week, one after the other, the last one running; or, of one box in fifty, four
    to come and one of six weeks that runs."""
    ids = [f"class-{number:04}-{each}" for each in range(CLASSES_EACH)]
    if number % HEAVY_EVERY == 0:
        later = (SeededClass(one, _people(one, PEOPLE), 20 + 7 * at, 10) for at, one in enumerate(ids[1:]))
        return SeededClass(ids[0], _people(ids[0], 40), -29, 60, away=1, segment_min=15, pictured=True), *later
    made = []
    for at, one in enumerate(ids):
        kind = (number * CLASSES_EACH + at) % 20
        made.append(SeededClass(one, _people(one, PEOPLE), 5 * (at - CLASSES_EACH + 1) - 4, 10,
                                away=1 if kind == 0 else 0, called=kind != 1))
    return tuple(made)


def _people(class_id: str, count: int) -> tuple[str, ...]:
    digest = hashlib.sha256(class_id.encode()).hexdigest()[:8]
    return tuple(f"p-{digest}{place:02x}" for place in range(count))


def _boxes(folder: Path, centre: Centre, count: int) -> list[SeededBox]:
    authority = load_authority(folder / "keys" / CA)
    return [_box(centre, authority, number) for number in range(count)]


def _box(centre: Centre, authority: Authority, number: int) -> SeededBox:
    device = f"box-{number:04}"
    seed = hashlib.sha256(b"a key for a benchmark " + device.encode()).digest()
    key = Ed25519PrivateKey.from_private_bytes(seed)
    days = 20 if number % 97 == 0 else CERTIFICATE_DAYS
    own = pem(issue(authority.certificate, authority.key, key.public_key(), device, random_serial_number(),
                    NOW - 60 * DAY_US, days if days == CERTIFICATE_DAYS else 60 + days, True, "box"))
    between = pem(authority.certificate)
    genesis = Genesis(KeySigner(key).keyid, own, fingerprint(centre.keys.root), "bench", "ab" * 32, (between,))
    return SeededBox(device, hashlib.sha256(seed).hexdigest()[:32], seed, genesis, own + between, classes_of(number))


def _write(folder: Path, centre: Centre, boxes: Sequence[SeededBox]) -> int:
    _orders(centre, boxes)
    with centre.store.read() as tx:
        leaf = tx.leaves()
    engine = open_engine(folder / DATABASE)
    heads: dict[str, tuple[Any, ...]] = {}
    for some in _in_turn(boxes):
        with writing(engine) as connection:
            records, segments, receipts = [], [], []
            for slice_ in some:
                for device, chain, seq, hash_, prev, kind, class_id, envelope, file, _ in slice_:
                    records.append((leaf, device, chain, seq, hash_, prev, kind, class_id, envelope))
                    if file is not None:
                        segments.append((device, chain, seq, *file, False))
                    leaf += 1
                last = slice_[-1]
                heads[last[0]] = last
                receipts.append((*last[:3], _receipt(centre, last, leaf - 1)))
            connection.exec_driver_sql("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?)", records)
            if segments:
                connection.exec_driver_sql(
                    "INSERT INTO segments (device, chain, seq, sha256, size, stored) VALUES (?,?,?,?,?,?)", segments)
            connection.exec_driver_sql("INSERT INTO receipts VALUES (?,?,?,?)", receipts)
    with writing(engine) as connection:
        connection.execute(insert(t.chains), [{
            "device": one.device, "chain": one.chain, "since": 0, "up_to": heads[one.device][2],
            "head_hash": heads[one.device][3], "certificate": one.certificate,
            "sealing_key": one.genesis.sealing_key} for one in boxes])
        connection.execute(insert(t.heard), [_heard(number, one, heads[one.device])
                                             for number, one in enumerate(boxes)])
    engine.dispose()
    return leaf


def _orders(centre: Centre, boxes: Sequence[SeededBox]) -> None:
    """What the centre itself says, in its own chain: boxes, plans, names."""
    dice = random.Random(7)
    policies = {True: policy_bytes(POLICY), False: unpictured(policy_bytes(POLICY))}
    ids = {pictured: PolicyRef(POLICY if pictured else UNPICTURED, hashlib.sha256(toml).hexdigest())
           for pictured, toml in policies.items()}
    with centre.store.write() as tx:
        for pictured, toml in policies.items():
            tx.know_policy(ids[pictured].sha256, toml)
        names: list[dict[str, object]] = []
        for one in boxes:
            own, between = one.genesis.certificate, one.genesis.intermediates
            centre.store.append(tx, DeviceApproved(one.device, "", one.genesis.keyid, own, between))
            tx.know_certificate(one.genesis.keyid, one.device, one.certificate)
            for taught in one.classes:
                roster, sealed = _roster(centre, taught, dice)
                names += sealed
                centre.store.append(tx, ClassOrder(
                    taught.class_id, 1, f"{dice.choice(TRADES)} {taught.class_id[6:]} 期",
                    ids[taught.pictured], 480, (Place(one.device, f"{one.device[4:]} 教室"),), roster, taught.hours()))
        centre.store.append(tx, Alarm("clock.apart", {"device": boxes[0].device, "apart_s": 900}))
        tx._db.execute(insert(t.names), names)


def unpictured(toml: bytes) -> bytes:
    """The policy without the table that asks for pictures."""
    head, _, rest = toml.decode().partition("[picture]\n")
    return (head + "[" + rest.partition("\n[")[2]).replace(f'id = "{POLICY}"', f'id = "{UNPICTURED}"').encode()


def _roster(
    centre: Centre, one: SeededClass, dice: random.Random
) -> tuple[tuple[Enrolled, ...], list[dict[str, object]]]:
    roster, sealed = [], []
    for person in one.people:
        name = Name(dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, 2)), f"{dice.getrandbits(128):032x}")
        roster.append(Enrolled(person, "trainee", name.commitment))
        sealed.append({"class_id": one.class_id, "person": person,
                       "sealed": centre.names.seal(one.class_id, person, name)})
    return tuple(roster), sealed


def _receipt(centre: Centre, last: tuple[Any, ...], leaf: int) -> bytes:
    return seal_receipt(Receipt(1, centre.store.device, last[0], last[1], last[2], last[3], leaf,
                                utc_text(last[9] + 30 * SECOND)), centre.keys.signer)


def _heard(number: int, one: SeededBox, head: tuple[Any, ...]) -> dict[str, object]:
    silent = number % 91 == 0
    at_us = NOW - (3 * HOUR if silent else (10 + number % 40) * SECOND)
    free = {"video": (200 if number % 83 == 0 else 60_000 + number) << 20}
    beat = Heartbeat(1, one.device, one.chain, head[2], head[3], "b0", at_us - BOOT_US, utc_text(at_us),
                     ClockState(True, 1500, "kernel", 1), number % 3, free)
    envelope = seal_heartbeat(beat, KeySigner(Ed25519PrivateKey.from_private_bytes(one.seed)))
    return {"device": one.device, "chain": one.chain, "last_us": at_us, "last": envelope, "highest": envelope,
            "silent": silent, "against": None}


def _in_turn(boxes: Sequence[SeededBox]) -> Iterator[list[list[tuple[Any, ...]]]]:
    """The next slice of every box that has one, again and again; made by several processes."""
    fork = multiprocessing.get_context("fork")
    lines: list[Any] = []
    workers = []
    for part in range(PROCESSES):
        line = fork.Queue(maxsize=4)
        worker = fork.Process(target=_make, args=(boxes[part::PROCESSES], line), daemon=True)
        worker.start()
        lines.append(line)
        workers.append(worker)
    while lines:
        for line in list(lines):
            some = line.get()
            if some is None:
                lines.remove(line)
            else:
                yield some
    for worker in workers:
        worker.join()


def _make(boxes: Sequence[SeededBox], line: Any) -> None:
    made = [rows(one.device, one.chain, one.seed, one.genesis, one.classes, SLICE) for one in boxes]
    for group in itertools.count():
        some = [slice_ for each in made if (slice_ := next(each, None)) is not None]
        if not some:
            break
        for at in range(0, len(some), 50):
            line.put(some[at : at + 50])
        assert group < 10_000
    line.put(None)


def check(centre: Centre, boxes: int = 5, share: int = 1) -> int:
    """Verify all records of some boxes as an auditor does: seals, certificates, links, bodies, receipts. How many hold.
    Raises VerificationError."""
    from evidence.bodies import body_of
    from evidence.chain import check_chain
    from evidence.receipts import read_receipt
    from evidence.seal import read_sealed

    dice, seen = random.Random(3), 0
    with centre.store.read() as tx:
        for number in dice.sample(range(BOXES // share), min(boxes, BOXES // share)):
            head = tx.heads(f"box-{number:04}")[0]
            sealed = [read_sealed(one) for one in tx.chain_envelopes(head.device, head.chain, head.up_to)]
            given = [read_receipt(one, centre.keys.public_key, "receipt")
                     for _, one in tx.receipts(head.device, head.chain)]
            problems = check_chain(sealed, centre.keys.root, "box", [one.head for one in given]).problems
            if problems:
                raise problems[0]
            seen += sum(body_of(one.record) is not None for one in sealed)
    return seen


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.console_seed", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=int, default=1)
    chosen = parser.parse_args(argv)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    centre = seeded(chosen.folder, chosen.share)
    print((chosen.folder / DONE).read_text(), f"{check(centre, share=chosen.share)} records of some boxes verified")
    centre.store.close()


if __name__ == "__main__":
    main()
