"""The machine that is updated: what it shows, and what each step of an update does to it."""
from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from provisioning.install.apply import install
from provisioning.install.host import Host
from provisioning.install.options import KEY
from provisioning.install.plan import unit_items
from provisioning.install.said import InstallError, Said
from provisioning.release.about import Machine as Offered
from provisioning.release.about import Release, may_install
from provisioning.release.check import check_bundle
from provisioning.release.errors import BadRelease
from provisioning.release.take import take
from provisioning.update import systemd
from provisioning.update.bundles import offered, told_from_others
from provisioning.update.ends import Ends
from provisioning.update.kept import free_room, keep_room
from provisioning.update.prove import Pace, Sample, bad_of, judge, news
from provisioning.update.refusals import OPT, STATE, Refused, refuse_full, refuse_machine
from provisioning.update.releases import CURRENT, UPDATER, Releases
from provisioning.update.state import Act, Facts, State, kept

INBOX = "/var/lib/zaitang/update"
START = "/proc/sys/kernel/random/boot_id"
NIGHT, CHINA = range(1, 5), timezone(timedelta(hours=8))
"""Hours there in which an update that nobody asked for is done. By the zone of a machine, which is London or UTC where
nobody set it, these would be school hours."""
WAITS_S = 20 * 3600
"""So long it waits for a night. Of a machine that is off at night it takes a quiet hour of the day."""
SOON_MIN, LATER_MIN = 15, 60
"""How near a class may be when somebody asked for an update, and when nobody did."""


class NotProved(InstallError):
    """A release that does not hold. `why`: a code; `troubles`: what was seen."""

    def __init__(self, why: str, troubles: tuple[str, ...]) -> None:
        super().__init__("新版本未能正常运行：" + "；".join(troubles),
                         "The new release does not hold: " + "; ".join(troubles))
        self.why, self.troubles = why, troubles


Build = Callable[[Host, Path, str, tuple[str, ...]], None]
"""Builds the release of a checked bundle, of that version, for these ends. Raises InstallError."""


class Machine:
    """`host`: where, and how it is told; `build`: of checked bundles; `starting`: the ends do not run yet."""

    def __init__(self, host: Host, build: Build, pace: Pace, *, starting: bool = False) -> None:
        self._host, self._build, self._pace, self._starting = host, build, pace, starting
        self.releases = Releases(host.at(OPT))
        self.ends = Ends(host.root, self.releases.folder, host.journal.installed())
        self._acts: Mapping[Act, Callable[[State], Mapping[str, Any]]] = {
            "check": self._look_at, "build": self._make, "try": self._try, "switch": self._note_ailing,
            "link": self._link, "restart": self._restart_new, "prove": self._prove, "link_back": self._link_back,
            "restart_back": self._restart, "tell": self._tell, "tidy": self._tidy}

    def facts(self, state: State) -> Facts:
        """What it shows now; only what the phase asks for."""
        current = self.releases.current()
        facts = Facts(current, self.releases.whole(), offered=self._offered(state), starting=self._starting,
                      start=self._host.text(START).strip())
        if self._starting:
            return facts
        if state.phase == "waiting":
            facts = dataclasses.replace(facts, hour=self._is_time(state))
        if (state.phase == "waiting" and facts.hour) or state.phase in ("checked", "built", "switched"):
            within_min = SOON_MIN if state.asked else LATER_MIN
            facts = dataclasses.replace(facts, quiet=not self.ends.busy(state.old, within_min))
        if state.phase == "rolling_back":
            facts = dataclasses.replace(facts, records=self._records(state.old))
        if state.phase in ("switched", "proving") and state.one_way:
            facts = dataclasses.replace(facts, way_back=self.ends.reads(state.old))
        return facts

    def do(self, act: Act, state: State) -> Mapping[str, Any]:
        """One step; what it found out. Raises InstallError, OSError."""
        return self._acts[act](state) if act in self._acts else {}

    def drop_copies(self) -> None:
        """Of bundles, which a kill left while they were copied."""
        for left in (self._staged(), self._staged().with_name(self._staged().name + ".part")):
            shutil.rmtree(left, ignore_errors=True)

    def settle_units(self) -> None:
        """Units as the release that is current has them. Raises InstallError, OSError."""
        folder = self.releases.folder / self.releases.current() / "systemd"
        placed = sum(install(self._host, unit_items(folder, end.name), end.name) for end in self.ends.here)
        if placed:
            systemd.reload()

    # --- the steps

    def _look_at(self, state: State) -> Mapping[str, Any]:
        """Copy what is offered, and check the copy."""
        bundle = self._bundle(state)
        if bundle is None or not (seen := told_from_others(bundle)):
            raise Refused("更新包已不在原处。", "The bundle is not there any more.")
        current = self.releases.installed()
        shutil.rmtree(self._staged(), ignore_errors=True)
        refuse_machine(self.ends, current)
        refuse_full(self._host, bundle)
        release = check(copy(bundle, self._staged()), self._host, state, current)
        self._say(Said(f"版本 {release.version}：签名和全部文件均正确",
                       f"release {release.version}: signed, and every file is as it should be"))
        return {"version": release.version, "old": current, "seen": seen, "said": {}}

    def _make(self, state: State) -> Mapping[str, Any]:
        self._say(Said(f"正在安装版本 {state.version}（需要几分钟；正在运行的版本不受影响）",
                       f"making release {state.version} (takes minutes; what runs is not touched)"))
        self._build(self._host, self._staged(), state.version, tuple(end.name for end in self.ends.here))
        return {}

    def _try(self, state: State) -> Mapping[str, Any]:
        """The new release opens a copy of each database, and the old one could go on with what it makes of it."""
        for end in self.ends.here:
            new = self.ends.try_schema(end, state.version)
            if new["writes"] not in self.ends.schema(end, state.old)["opens"] and not state.one_way:
                raise Refused(
                    f"版本 {state.version} 会更改数据库，之后无法退回 {state.old}。"
                    "如确定要更新，请先备份，再加 --one-way 运行。",
                    f"Release {state.version} changes the database, and {state.old} could not go on with it: there "
                    "would be no way back. If that is meant, make a backup, and say it again with --one-way.")
        shutil.rmtree(self._staged(), ignore_errors=True)
        return {"waits_since": int(time.time())}

    def _note_ailing(self, state: State) -> Mapping[str, Any]:
        keep_room(self._host.at(STATE))
        checks = self.ends.ailing(state.old)
        return {"ailed": tuple(bad_of(checks or []))}

    def _link(self, state: State) -> Mapping[str, Any]:
        self.releases.lead(CURRENT, state.version)
        self.settle_units()
        return {}

    def _link_back(self, state: State) -> Mapping[str, Any]:
        free_room(self._host.at(STATE))
        self.releases.lead(CURRENT, state.old)
        self.settle_units()
        return {}

    def _restart_new(self, state: State) -> Mapping[str, Any]:
        """Raises NotProved where systemd does not start it; what comes before that, or of a machine that goes down, is
        tried again."""
        self.settle_units()
        try:
            return self._restart(state)
        except InstallError as error:
            if not systemd.goes_on():
                raise
            raise NotProved("processes", (error.said.en,)) from None

    def _restart(self, _state: State) -> Mapping[str, Any]:
        self.settle_units()
        for end in self.ends.here:
            systemd.restart(end.target)
        return {}

    def _prove(self, state: State) -> Mapping[str, Any]:
        """Look again and again until it can be told. Raises NotProved."""
        self._say(Said(f"版本 {state.version} 已启动，正在观察",
                       f"release {state.version} has started, and is watched"))
        began, samples = time.monotonic(), list[Sample]()
        while (verdict := judge(samples, self._pace)) is None:
            time.sleep(self._pace.every_s)
            samples.append(self._sample(state, began))
        if verdict.why:
            raise NotProved(verdict.why, verdict.troubles)
        self._say(Said(f"版本 {state.version} 运行正常，保留", f"release {state.version} holds, and stays"))
        return {}

    def _tell(self, state: State) -> Mapping[str, Any]:
        back_to = state.old if state.phase == "rolled_back" else ""
        self.ends.state_failed(self.releases.current(), state.version, back_to, state.why)
        return {}

    def _tidy(self, state: State) -> Mapping[str, Any]:
        """The one that was proved updates from now on; old ones go."""
        free_room(self._host.at(STATE))
        current = self.releases.current()
        if not current:
            return {}
        self.releases.lead(UPDATER, current)
        self.releases.remove_others(kept(current, self.releases.whole(), state.broken))
        shutil.rmtree(self._staged(), ignore_errors=True)
        return {}

    # --- looks

    def _sample(self, state: State, began: float) -> Sample:
        troubles, deaths = set[tuple[str, str]](), dict[str, int]()
        for end in self.ends.here:
            units = systemd.units(end.target)
            for unit in units:
                deaths[unit.name] = unit.deaths
                if not unit.up:
                    troubles.add(("processes", f"{unit.name} does not run"))
            if not any(unit.up and not unit.name.startswith("zaitang-update-") for unit in units):
                troubles.add(("processes", f"nothing of {end.target} runs"))
        checks = self.ends.ailing(state.version)
        troubles |= {("doctor", "the doctor does not answer")} if checks is None else news(bad_of(checks), state.ailed)
        return Sample(time.monotonic() - began, frozenset(troubles), deaths)

    def _records(self, release: str) -> bool:
        """Whether the box records. One that does not say is asked again: its recorder may have a slow moment, or
        systemd is about to start it anew."""
        began = time.monotonic()
        while (why := self.ends.busy(release, 0)) == "unknown" and time.monotonic() - began < self._pace.unsure_s:
            time.sleep(self._pace.every_s)
        return why == "recording"

    def _bundle(self, state: State) -> Path | None:
        return Path(state.bundle) if state.bundle else offered(self._host.at(INBOX))

    def _offered(self, state: State) -> str:
        bundle = self._bundle(state)
        return "" if bundle is None else told_from_others(bundle)

    def _is_time(self, state: State) -> bool:
        now = time.time()
        # A clock that was set back by more has not to be waited for.
        return state.asked or datetime.now(CHINA).hour in NIGHT or abs(now - state.waits_since) > WAITS_S

    def _staged(self) -> Path:
        return self._host.at(STATE) / "bundle"

    def _say(self, said: Said) -> None:
        self._host.say(said)


def copy(bundle: Path, to: Path) -> Path:
    """A copy of a bundle, as a folder that is not there yet. Raises Refused."""
    try:
        return take(bundle, to)
    except BadRelease as error:
        raise _refused(error) from None


def check(folder: Path, host: Host, state: State, current: str) -> Release:
    """What a bundle is that this machine may take. Raises InstallError."""
    machine = host.machine
    if not host.at(KEY).is_file():
        raise Refused(f"本机没有发布者的公钥 {KEY}：请用 --release-key 再次运行安装。",
                      f"This machine has no publisher's key, {KEY}: run the installation again with --release-key.")
    try:
        release = check_bundle(folder, host.at(KEY).read_bytes())
        reasons = may_install(release, current, Offered(machine.arch, (machine.python,)))
    except BadRelease as error:
        raise _refused(error) from None
    if reasons:
        raise _refused(reasons[0])
    why = state.broken.get(release.version)
    if why is not None and not (why == "asked" and state.bundle):
        raise Refused(f"版本 {release.version} 曾在本机试过，未能正常运行（{why}），不再尝试：请带来更新的版本。",
                      f"Release {release.version} was tried on this machine and did not hold ({why}): it is not tried "
                      "again. Bring a newer one.")
    if release.version == current:
        raise Refused(f"本机已是版本 {current}。", f"This machine has release {current} already.")
    return release


def _refused(error: BadRelease) -> Refused:
    return Refused(error.words("zh"), error.words("en"))
