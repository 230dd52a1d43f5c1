"""Looks at a box and at its machine, each look bounded, and hands what it finds to `judge` and `measure`. Nothing is
changed."""
from __future__ import annotations

import dataclasses
import functools
import os
import socket
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from common.examining import Examiner, Look
from common.reaching import ANSWER_S, is_held, unreached
from common.texts import LANGS, words
from common.tls import ClientContext
from edge.box_orders import in_force
from edge.cli import ROLES
from edge.config import SyncConfig
from edge.control.client import ask
from edge.doctor import judge, measure
from edge.errors import NoRecorder
from edge.identity.renew import days_left
from edge.identity.tls import ROOT, client_context, load_own
from edge.models.fetch import present
from edge.models.manifest import load_manifest
from edge.refusal import look_up
from edge.storage.files import sha256_file
from edge.storage.keeper import Keeper
from edge.storage.patience import in_time
from edge.storage.volume import Volume
from edge.sync.progress import read_progress
from edge.terminal.notices import DEFAULT_OFFSET_MIN
from edge.updates.said import last_failed
from edge.wiring import Box
from evidence.blocks import local
from evidence.bodies import Segment, body_of
from evidence.errors import ZaitangError
from evidence.records import Record
from evidence.seal import KeySigner
from evidence.times import SECOND

Found = tuple[Any, ...]

MB = 1_000_000
THERMAL = Path("/sys/class/thermal")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""The firmware of a Raspberry Pi: hexadecimal."""
PORTS = Path("/sys/class/net")


def examiner(box: Box) -> Examiner[Box]:
    """Looks at everything that the doctor tells."""
    return Examiner(box, LOOKS, box.clock.utc_us)


def _processes(box: Box) -> Found:
    runs = {role: is_held(box.run_folder / f"{role}.lock") for role in ROLES}
    refused = {role: why.words for role in ROLES if not runs[role] and (why := look_up(box.run_folder, role))}
    return runs, refused


def _cameras(box: Box) -> Found:
    return [camera.role for camera in box.config.cameras], _recorder(box)


def _recorder(box: Box) -> Mapping[str, object] | None:
    try:
        return ask(box.recorder_socket, "status", ANSWER_S)
    except NoRecorder:
        return None


def _page(box: Box) -> Found | None:
    """Only of a terminal that runs: of one that does not *processes* tells."""
    if not is_held(box.run_folder / "terminal.lock"):
        return None
    config = box.config.terminal
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    line = HTTPConnection(host, config.port, timeout=ANSWER_S)
    try:
        line.request("GET", "/")
        line.getresponse()
    except (OSError, HTTPException) as error:
        return f"{host}:{config.port}", getattr(error, "strerror", None) or str(error) or type(error).__name__
    finally:
        line.close()
    return f"{host}:{config.port}", None


def _release(box: Box) -> Found:
    failed = last_failed(box.store)
    return None if failed is None else dataclasses.asdict(failed), version("zaitang")


def _disks(box: Box, forecast: bool = True) -> Found | None:
    """`forecast`: also for how many days of class there is room, which reads what is kept."""
    keeper, reserve_mb, second = Keeper(box), box.config.recorder.reserve_mb, box.config.storage.second
    if keeper.is_new():
        return None
    first = keeper.first()
    volumes, found = {"first": first}, [_volume("first", first, reserve_mb)]
    if second is not None:
        try:
            volumes["second"] = keeper.second(first)
            found.append(_volume("second", volumes["second"], reserve_mb))
        except ZaitangError as error:
            away = {lang: words(error, lang) for lang in LANGS}
            found.append(judge.Volume("second", second, 0, reserve_mb, 0, away))
    return found, keeper.forecast(volumes).earliest if forecast else None  # type: ignore[arg-type]


def _volume(role: str, volume: Volume, reserve_mb: int) -> judge.Volume:
    state = in_time(volume.folder, lambda: os.statvfs(volume.folder))
    free_mb, size_mb = (blocks * state.f_frsize // MB for blocks in (state.f_bavail, state.f_blocks))
    return judge.Volume(role, str(volume.folder), free_mb, reserve_mb, size_mb)


def _clock(box: Box) -> Found:
    return (box.clock.stamp().clock,)


def _heat(_: Box) -> Found:
    return _celsius(THERMAL), _throttled(THROTTLED)


def _celsius(folder: Path) -> float | None:
    """Of the hottest zone."""
    found = []
    for zone in sorted(folder.glob("thermal_zone*/temp")):
        try:
            found.append(int(zone.read_text()) / 1000)
        except (OSError, ValueError):
            continue  # a zone that is switched off does not answer
    return max(found, default=None)


def _throttled(file: Path) -> int | None:
    try:
        return int(file.read_text(), 16)
    except (OSError, ValueError):
        return None


def _network(box: Box) -> Found:
    sync = box.config.sync
    hosts = [] if sync is None else dict.fromkeys(host for host, _ in _places(sync))
    return _links(PORTS), {host: _place(host) for host in hosts}


def _links(folder: Path) -> dict[str, bool]:
    """Of real ports, whether each has a link."""
    found = {}
    for port in sorted(folder.glob("*")):
        if (port / "device").exists():
            try:
                found[port.name] = (port / "carrier").read_text().strip() == "1"
            except OSError:
                found[port.name] = False  # of one that is switched off the kernel does not tell
    return found


def _place(host: str) -> judge.Place:
    """How it is reached. To connect a datagram socket sends nothing."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
    except OSError:
        return judge.Place(named=False)
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        try:
            line.connect(address)
            return judge.Place(True, str(line.getsockname()[0]))
        except OSError:
            return judge.Place(True)


def _centre(box: Box) -> Found:
    revoked = in_force(box.store).revoked.get(KeySigner(box.keys.device).keyid)
    sync = box.config.sync
    places = [] if sync is None else _places(sync)
    context = _own_context(box.folder / "keys") if sync is not None and sync.tls else None
    return {f"{host}:{port}": unreached(host, port, context if (host, port) == places[0] else None)
            for host, port in places}, revoked


def _own_context(keys: Path) -> ClientContext:
    """As the link to the broker shows itself. Raises BadKeys, OSError."""
    context = client_context((keys / ROOT).read_text("ascii", "replace"))
    load_own(context, keys)
    return context


def _places(sync: SyncConfig) -> list[tuple[str, int]]:
    """Where the centre listens, by box.toml."""
    found = [(sync.broker, sync.port)]
    for address in (sync.devices, sync.segments):
        if address is not None and (host := urlsplit(address).hostname):
            found.append((host, urlsplit(address).port or (443 if address.startswith("https:") else 80)))
    return list(dict.fromkeys(found))


def _certificate(box: Box) -> Found | None:
    sync = box.config.sync
    if sync is None or not sync.tls:
        return None
    return days_left(box.folder / "keys", box.clock.utc_us())


def _backlog(box: Box) -> Found | None:
    if box.config.sync is None:
        return None
    up_to, head = box.store.receipted_up_to(), box.store.head_seq()
    oldest = next(iter(box.store.records(up_to, 1)), None)
    age_s = None if oldest is None else max(0, box.clock.utc_us() - oldest.record.utc_us) // SECOND
    progress = read_progress(box.run_folder)
    files, mb, failures = (0, 0, 0) if progress is None else (
        progress.waiting, progress.waiting_bytes // MB, progress.failures)
    return head - up_to, age_s, files, mb, failures


def _pack(box: Box) -> Found:
    manifest = load_manifest(box.config.vision.pack)
    return manifest.id, [file.name for file in manifest.files if not present(manifest, file)]


def _video(box: Box) -> Found:
    newest = _newest(box)
    if newest is None:
        return None, "gone"
    record, segment = newest
    path = box.find_segment(segment.file)
    found: Literal["whole", "differs", "gone"] = "gone"
    if path is not None:
        found = "whole" if in_time(path.parent, lambda: sha256_file(path)) == segment.sha256 else "differs"
    return f"{local(record.utc_us, DEFAULT_OFFSET_MIN):%Y-%m-%d %H:%M}", found


def _newest(box: Box) -> tuple[Record, Segment] | None:
    seq = box.store.newest("segment", 1)
    if seq < 0:
        return None
    record = box.store.records(seq - 1, 1)[0].record
    segment = body_of(record)
    assert isinstance(segment, Segment)
    return record, segment


def _recorded(box: Box) -> Found:
    newest = _newest(box)
    return box.store.head_seq() + 1, None if newest is None else newest[0].utc_us


_DISK = functools.partial(_disks, forecast=False)
LOOKS: tuple[Look[Box], ...] = (
    Look(judge.PROCESSES, _processes, judge.processes), Look(judge.CAMERAS, _cameras, judge.cameras),
    Look(judge.VIDEO, _video, judge.last_segment), Look(judge.DISK, _disks, judge.disks),
    Look(judge.CLOCK, _clock, judge.clock), Look(judge.HEAT, _heat, judge.heat),
    Look(judge.PACK, _pack, judge.pack), Look(judge.NETWORK, _network, judge.network),
    Look(judge.CENTRE, _centre, judge.centre), Look(judge.CERTIFICATE, _certificate, judge.certificate),
    Look(judge.BACKLOG, _backlog, judge.backlog), Look(judge.TERMINAL, _page, judge.page),
    Look(judge.RELEASE, _release, judge.update))
"""For people."""
METERS: tuple[Look[Box], ...] = (
    Look(judge.PROCESSES, _processes, judge.processes, measure.processes),
    Look(judge.CAMERAS, _cameras, judge.cameras, measure.cameras),
    Look(judge.VIDEO, _recorded, measure=measure.recorded), Look(judge.DISK, _DISK, judge.disks, measure.disks),
    Look(judge.CLOCK, _clock, judge.clock, measure.clock), Look(judge.HEAT, _heat, judge.heat, measure.heat),
    Look(judge.CERTIFICATE, _certificate, judge.certificate, measure.certificate),
    Look(judge.BACKLOG, _backlog, judge.backlog, measure.backlog))
"""For programs that ask every few seconds: nobody elsewhere is asked, and no large file is read."""
