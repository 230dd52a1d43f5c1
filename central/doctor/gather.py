"""Looks at a centre and at its machine, and hands what it finds to `judge` and `measure`. Nothing is changed."""
from __future__ import annotations

import contextlib
import datetime
import shutil
import time
from pathlib import Path
from typing import Any

from cryptography import x509

from central.authority import CA, TLS_CA
from central.backup.noted import last_backup
from central.devices.own import OWN, client_context
from central.doctor import judge, measure
from central.doctor.judge import Box, Lifetime
from central.errors import BadKeyFile, NeverStarted
from central.locked import read_secret
from central.overview.worker import CURSOR
from central.signing import may_not_sign
from central.store.chains import ChainHead
from central.store.tables import Tx
from central.wiring import Centre
from common.examining import Examiner, Look
from common.numbers import FRESH_S, WITHIN_S, told
from common.reaching import is_held, unreached
from common.texts import LANGS, N_, words
from evidence.certs import split_chain
from evidence.times import SECOND

Found = tuple[Any, ...]
RENEWED = N_("it renews itself while zaitang-devices runs: look at its words (`journalctl -u zaitang-devices`)")
YOURS = N_("have it renewed by whoever issued it, and put it where centre.toml says")
SIGN = N_("`zaitang-central root sign`, with the root from its stick (docs/identity.md)")


def examiner(centre: Centre) -> Examiner[Centre]:
    """Looks at everything that the doctor tells."""
    return Examiner(centre, LOOKS, lambda: centre.clock.stamp().utc_us)


def metrics(centre: Centre) -> contextlib.AbstractContextManager[None]:
    """Serve its numbers on the loopback meanwhile, where centre.toml says so."""
    meter = Examiner(centre, LOOKS, lambda: centre.clock.stamp().utc_us, WITHIN_S, FRESH_S)
    return told(measure.NAMES, meter, "127.0.0.1", centre.config.metrics.port)


def _processes(centre: Centre) -> Found:
    others = centre.config.webhook.targets
    # Of alarms that nobody is told outside the console, none looks; where somebody is, nobody else would say so.
    told = ["alarms"] if others or centre.config.mail.host else []
    names = ["collector", "console", *told, *(["webhook"] if others else [])]
    return ({name: is_held(centre.folder / f"{name}.lock") for name in names},)


def _reached(centre: Centre) -> Found:
    broker, devices = centre.config.broker, centre.config.devices
    context = client_context(_own(centre).parent) if broker.tls else None
    found = {f"broker {broker.host}:{broker.port}": unreached(broker.host, broker.port, context)}
    if broker.tls and devices.port:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(devices.host, devices.host)
        found[f"devices {host}:{devices.port}"] = unreached(host, devices.port)
    return (found,)


def boxes_of(centre: Centre) -> dict[str, Box]:
    """Every box that was ever heard, by its newest chain."""
    with centre.store.read() as tx:
        heads = {(head.device, head.chain): head for head in tx.heads()}
        found: dict[str, Box] = {}
        gone = tx.gone()
        for heard in tx.all_heard():
            known = found.get(heard.device)
            if known is None or known.heard_us is None or heard.last_us > known.heard_us:
                found[heard.device] = _box(heard.last_us, heard.last_heartbeat, heads.get((heard.device, heard.chain)),
                                           gone.get(heard.device))
    return found


def _box(heard_us: int, last: Any, head: ChainHead | None, gone_us: int | None) -> Box:
    if last is None:
        return Box(heard_us, gone_us=gone_us)
    behind = max(0, last.up_to - (-1 if head is None else head.up_to))
    return Box(heard_us, last.waiting, behind, last.clock.synced, gone_us)


def _collector(centre: Centre) -> Found:
    return (boxes_of(centre),)


def _boxes(centre: Centre) -> Found:
    return boxes_of(centre), centre.clock.stamp().utc_us


def _clock(centre: Centre) -> Found:
    stamp = centre.clock.stamp()
    with centre.store.read() as tx:
        error = may_not_sign(tx, stamp, centre.keys.test)
    return stamp.clock, None if error is None else {lang: words(error, lang) for lang in LANGS}


def _disk(centre: Centre) -> Found:
    found, seen = {}, set[int]()
    for folder in (centre.folder, centre.folder / "objects"):
        if folder.exists() and (device := folder.stat().st_dev) not in seen:
            seen.add(device)
            room = shutil.disk_usage(folder)
            found[str(folder)] = (room.free, room.total)
    return (found,)


def _database(centre: Centre) -> Found:
    began = time.monotonic()
    with centre.store.read() as tx:
        leaves = tx.leaves()
    return leaves, round((time.monotonic() - began) * 1000)


def _certificates(centre: Centre) -> Found:
    keys, web, now_us = centre.folder / "keys", centre.config.web, centre.clock.stamp().utc_us
    found: dict[str, Lifetime] = {}
    own = "".join(split_chain(centre.keys.certificate)[:1]).encode()
    sites = [own, *(read_secret(path) for path in (keys / CA, keys / TLS_CA) if path.exists())]
    days, until = min(_left(data, centre.folder, now_us) for data in sites)
    found[N_("of the site")] = Lifetime(days, until, 90, 14, SIGN)
    if centre.config.broker.tls:
        found[N_("of the connections")] = Lifetime(*_left(_read(_own(centre)), keys / OWN, now_us), 20, 7, RENEWED)
    if web.tls:
        path = centre.folder / web.certificate
        found[N_("of the console")] = Lifetime(*_left(_read(path), path, now_us), 14, 3, YOURS)
    return (found,)


def _own(centre: Centre) -> Path:
    """Raises NeverStarted."""
    path = centre.folder / "keys" / OWN
    if not path.exists():
        raise NeverStarted
    return path


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 18)


def _left(data: bytes, path: Path, now_us: int) -> tuple[int, str]:
    """Days, and the last one, of the first certificate in PEM. Raises BadKeyFile."""
    try:
        end = x509.load_pem_x509_certificates(data)[0].not_valid_after_utc
    except (ValueError, IndexError) as error:
        raise BadKeyFile(path=path, why=str(error)) from None
    return (end - datetime.datetime.fromtimestamp(now_us / SECOND, datetime.UTC)).days, f"{end:%Y-%m-%d}"


def _backup(centre: Centre) -> Found:
    with centre.store.read() as tx:
        return last_backup(tx), centre.clock.stamp().utc_us


def _tree(centre: Centre) -> Found:
    with centre.store.read() as tx:
        last, leaves = tx.checkpoint(), tx.leaves()
        witnessed = tx.cosigned_after(0)
    found = judge.Tree(
        leaves, 0 if last is None else last.size, None if last is None else last.issued_s, len(centre.witnesses),
        max(witnessed.values(), default=None))
    return found, centre.clock.stamp().utc_us // SECOND, centre.config.tree.checkpoint_s


def _overview(centre: Centre) -> Found:
    with centre.store.read() as tx:
        return (_behind(tx),)


def _behind(tx: Tx) -> int:
    """Leaves are counted from 0; the cursor is the last one that was looked at."""
    return max(0, tx.leaves() - 1 - int(tx.meta(CURSOR) or -1))


def _video(centre: Centre) -> Found:
    with centre.store.read() as tx:
        return (len(tx.spoilt()),)


def _aside(centre: Centre) -> Found:
    return ([*centre.objects.bytes_aside(), *centre.sheets.bytes_aside()],)


LOOKS: tuple[Look[Centre], ...] = (
    Look(judge.PROCESSES, _processes, judge.processes, measure.processes),
    Look(judge.BROKER, _reached, judge.reached, measure.reached),
    Look(judge.COLLECTOR, _collector, judge.collector), Look(judge.BOXES, _boxes, judge.boxes, measure.boxes),
    Look(judge.CLOCK, _clock, judge.clock, measure.clock), Look(judge.DISK, _disk, judge.disk, measure.disk),
    Look(judge.DATABASE, _database, judge.database, measure.database),
    Look(judge.CERTIFICATES, _certificates, judge.certificates, measure.certificates),
    Look(judge.BACKUP, _backup, judge.backup, measure.backup), Look(judge.TREE, _tree, judge.tree, measure.tree),
    Look(judge.OVERVIEW, _overview, judge.overview, measure.overview),
    Look(judge.VIDEO, _video, judge.video, measure.video), Look(judge.ASIDE, _aside, judge.aside))
"""For people and for programs: all of it is on this machine, and cheap."""
