"""Looks at a box and at its machine, each look bounded, and hands what it finds to `judge`. Nothing is changed."""
from __future__ import annotations

import dataclasses
import fcntl
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from common.texts import LANGS, words
from edge.box_orders import in_force
from edge.cli import ROLES
from edge.config import SyncConfig
from edge.control.client import ask
from edge.doctor import judge
from edge.doctor.judge import Check
from edge.errors import NoRecorder, SystemRefused
from edge.identity.renew import days_left
from edge.models.fetch import present
from edge.models.manifest import load_manifest
from edge.refusal import look_up
from edge.storage.files import sha256_file
from edge.storage.keeper import Keeper
from edge.storage.patience import in_time
from edge.sync.progress import read_progress
from edge.terminal.notices import DEFAULT_OFFSET_MIN
from edge.updates.said import last_failed
from edge.wiring import Box
from evidence.blocks import local
from evidence.bodies import Segment, body_of
from evidence.errors import ZaitangError
from evidence.seal import KeySigner
from evidence.times import SECOND

ANSWER_S = 3.0
"""Real seconds that whoever is asked over the network may take."""
MB = 1_000_000
THERMAL = Path("/sys/class/thermal")
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""The firmware of a Raspberry Pi: hexadecimal."""


def examine(box: Box) -> list[Check]:
    """Everything once. What cannot be looked at is said as an error says it, and the rest is looked at."""
    looks: tuple[tuple[str, Callable[[Box], Iterator[Check]]], ...] = (
        (judge.PROCESSES, _processes), (judge.CAMERAS, _cameras), (judge.VIDEO, _video), (judge.DISK, _disks),
        (judge.CLOCK, lambda box: judge.clock(box.clock.stamp().clock)), (judge.HEAT, _heat), (judge.PACK, _pack),
        (judge.CENTRE, _centre), (judge.CERTIFICATE, _certificate), (judge.BACKLOG, _backlog), (judge.TERMINAL, _page),
        (judge.RELEASE, _release))
    return [check for about, look in looks for check in _tried(about, look, box)]


def _tried(about: str, look: Callable[[Box], Iterator[Check]], box: Box) -> list[Check]:
    try:
        return list(look(box))
    except (ZaitangError, OSError) as error:
        ours = error if isinstance(error, ZaitangError) else SystemRefused(
            path=error.filename or box.folder, why=error.strerror or str(error))
        return [judge.failed(about, {lang: words(ours, lang) for lang in LANGS})]


def _processes(box: Box) -> Iterator[Check]:
    runs = {role: _holds(box.run_folder / f"{role}.lock") for role in ROLES}
    refused = {role: why.words for role in ROLES if not runs[role] and (why := look_up(box.run_folder, role))}
    return judge.processes(runs, refused)


def _holds(lock: Path) -> bool:
    """Whether a process holds the lock."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _cameras(box: Box) -> Iterator[Check]:
    return judge.cameras([camera.role for camera in box.config.cameras], _recorder(box))


def _recorder(box: Box) -> Mapping[str, object] | None:
    try:
        return ask(box.recorder_socket, "status", ANSWER_S)
    except NoRecorder:
        return None


def _page(box: Box) -> Iterator[Check]:
    """Only of a terminal that runs: of one that does not *processes* tells."""
    if not _holds(box.run_folder / "terminal.lock"):
        return iter(())
    config = box.config.terminal
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    line = HTTPConnection(host, config.port, timeout=ANSWER_S)
    try:
        line.request("GET", "/")
        line.getresponse()
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return judge.page(f"{host}:{config.port}", why)
    finally:
        line.close()
    return judge.page(f"{host}:{config.port}", None)


def _release(box: Box) -> Iterator[Check]:
    failed = last_failed(box.store)
    return judge.update(None if failed is None else dataclasses.asdict(failed), version("zaitang"))


def _disks(box: Box) -> Iterator[Check]:
    keeper, reserve = Keeper(box), box.config.recorder.reserve_mb
    if keeper.is_new():
        return
    first = keeper.first()
    volumes = {"first": first}
    second = box.config.storage.second
    if second is not None:
        volumes["second"] = keeper.second(first)
    days = keeper.forecast(volumes).earliest  # type: ignore[arg-type]
    for volume in volumes.values():
        free_mb = in_time(volume.folder, volume.free_mb)
        yield from judge.disk(str(volume.folder), free_mb, reserve, days)


def _heat(box: Box) -> Iterator[Check]:
    return judge.heat(_celsius(THERMAL), _throttled(THROTTLED))


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


def _centre(box: Box) -> Iterator[Check]:
    revoked = in_force(box.store).revoked.get(KeySigner(box.keys.device).keyid)
    sync = box.config.sync
    places = [] if sync is None else _places(sync)
    return judge.centre({f"{host}:{port}": _unreached(host, port) for host, port in places}, revoked)


def _places(sync: SyncConfig) -> list[tuple[str, int]]:
    """Where the centre listens, by box.toml."""
    found = [(sync.broker, sync.port)]
    for address in (sync.devices, sync.segments):
        if address is not None and (host := urlsplit(address).hostname):
            found.append((host, urlsplit(address).port or (443 if address.startswith("https:") else 80)))
    return list(dict.fromkeys(found))


def _unreached(host: str, port: int) -> str | None:
    """Why nobody answers there; None where somebody does."""
    try:
        socket.create_connection((host, port), ANSWER_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _certificate(box: Box) -> Iterator[Check]:
    sync = box.config.sync
    if sync is None or not sync.tls:
        return
    yield from judge.certificate(*days_left(box.folder / "keys", box.clock.utc_us()))


def _backlog(box: Box) -> Iterator[Check]:
    if box.config.sync is None:
        return
    up_to, head = box.store.receipted_up_to(), box.store.head_seq()
    oldest = next(iter(box.store.records(up_to, 1)), None)
    age_s = None if oldest is None else max(0, box.clock.utc_us() - oldest.record.utc_us) // SECOND
    progress = read_progress(box.run_folder)
    files, mb, failures = (0, 0, 0) if progress is None else (
        progress.waiting, progress.waiting_bytes // MB, progress.failures)
    yield from judge.backlog(head - up_to, age_s, files, mb, failures)


def _pack(box: Box) -> Iterator[Check]:
    manifest = load_manifest(box.config.vision.pack)
    return judge.pack(manifest.id, [file.name for file in manifest.files if not present(manifest, file)])


def _video(box: Box) -> Iterator[Check]:
    seq = box.store.newest("segment", 1)
    if seq < 0:
        return judge.last_segment(None, "gone")
    newest = box.store.records(seq - 1, 1)[0]
    segment = body_of(newest.record)
    assert isinstance(segment, Segment)
    path = box.find_segment(segment.file)
    found: Literal["whole", "differs", "gone"] = "gone"
    if path is not None:
        found = "whole" if in_time(path.parent, lambda: sha256_file(path)) == segment.sha256 else "differs"
    return judge.last_segment(f"{local(newest.record.utc_us, DEFAULT_OFFSET_MIN):%Y-%m-%d %H:%M}", found)
