"""`zaitang-update`: take a bundle, say how far it is, go back; and what systemd starts: `start`, `continue`."""
from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.journal import Journal
from provisioning.install.machine import look
from provisioning.install.said import InstallError, Said, own_language
from provisioning.update.bundles import told_from_others
from provisioning.update.kept import NAME, AtWork, alone, load, save
from provisioning.update.machine import SOON_MIN, Build, Machine, check, copy
from provisioning.update.prove import Pace
from provisioning.update.refusals import STATE, UNKNOWN, Refused, refuse_back, refuse_full, refuse_machine
from provisioning.update.run import run
from provisioning.update.state import AT_REST, NOT_SWITCHED, State, go_back

ON_DISK = "/var/tmp"
"""`/tmp` of a box lies in the memory that its recorder needs; a bundle has some hundred MB."""
PHASES = {
    "idle": Said("没有更新在进行", "no update is under way"),
    "checked": Said("更新包已核对：{version}；空闲时安装（没有录像和上课）",
                    "the bundle is checked: {version}; the release is made while nothing is recorded and no class is "
                    "open"),
    "built": Said("新版本已安装，尚未启用：{version}；空闲时试开数据库的副本",
                  "the new release is made, and not in use yet: {version}; a copy of the database is tried while it is "
                  "quiet"),
    "waiting": Said("版本 {version} 已就绪，等空闲时启用（没有录像和上课；北京时间 1 至 5 点，或等待 20 小时后随时）",
                    "release {version} is ready, and waits for a time in which nothing is recorded and no class is "
                    "open: between 1 and 5 at night (UTC+8), or any quiet hour after 20 hours"),
    "switched": Said("正在切换到版本 {version}", "release {version} is being switched to"),
    "proving": Said("版本 {version} 已启动，正在观察", "release {version} has started, and is watched"),
    "kept": Said("版本 {version} 运行正常，已保留", "release {version} holds, and stays"),
    "rolling_back": Said("版本 {version} 未能正常运行，正在退回 {old}",
                         "release {version} does not hold; {old} comes back"),
    "rolled_back": Said("版本 {version} 未能正常运行（{why}），已退回 {old}",
                        "release {version} did not hold ({why}); {old} runs again"),
    "stays": Said("版本 {version} 未能正常运行（{why}），且无法退回：请检查本机，并带来更新的版本",
                  "release {version} does not hold ({why}), and there is no way back: look at this machine, and bring "
                  "a newer release"),
}
WHYS = {
    "processes": Said("进程不能持续运行", "its processes do not stay up"),
    "doctor": Said("出现了之前没有的问题", "something ails this machine that did not before"),
    "starts": Said("确认之前机器重启了两次", "the machine started twice before it had shown that it holds"),
    "asked": Said("有人要求退回", "somebody asked for the one before"),
    "": Said("", ""),
}
BUSY = {
    "recording": Said("正在录像", "it is recording"), "open": Said("有班次正在上课", "a class is open"),
    "plan": Said("按计划即将上课", "by its plan a class begins soon"), "": Said("空闲", "it is quiet"),
    "unknown": Said("无法得知是否空闲：按不空闲处理", "nobody can tell whether it is quiet: then it is not"),
}


def main(argv: Sequence[str] | None, build: Build, root: Path = Path("/"), pace: Pace | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 failed or refused, 2 bad words."""
    args = parser().parse_args(argv)
    return Command(args, build, root, pace or Pace()).run()


class Command:
    """One call."""

    def __init__(self, args: argparse.Namespace, build: Build, root: Path, pace: Pace) -> None:
        self._args, self._build, self._root, self._pace = args, build, root, pace
        self._path = root / STATE[1:] / NAME

    @cached_property
    def _host(self) -> Host:
        """Looked at when it is needed: where anything is changed, nobody else changes the journal any more."""
        journal = Journal(self._root / STATE[1:] / "installed.json")
        return Host(self._root, look(self._root), journal, owns=os.geteuid() == 0, say=self._say)

    @cached_property
    def _machine(self) -> Machine:
        return Machine(self._host, self._build, self._pace, starting=self._args.command == "start")

    def run(self) -> int:
        """Exit status."""
        try:
            if self._args.command == "status":
                self._status(load(self._path))
                return 0
            if self._args.command == "take" and self._args.dry_run:
                return self._look(load(self._path))
            with alone(self._path.parent):
                return self._change(load(self._path))
        except AtWork as error:
            # For systemd this is no failure: what is installed starts its processes itself, and this is no start of the
            # machine; and who updates goes on by himself.
            print(self._words(error), file=sys.stderr)
            return int(self._args.command not in ("start", "continue"))
        except (InstallError, OSError) as error:
            print(self._words(error), file=sys.stderr)
            return 1

    def _change(self, state: State) -> int:
        state = self._asked(state)
        if self._args.command in ("take", "back"):
            save(self._path, state)
        if self._args.command != "start" and state.phase in AT_REST:
            self._machine.drop_copies()
        state = run(self._machine, state, self._path, self._say)
        if self._args.command == "start":
            self._machine.settle_units()
        if self._args.command == "take":
            self._status(state)
            return int(bool(state.said) or state.phase in ("rolled_back", "stays"))
        if self._args.command == "back":
            self._status(state)
        return 0

    def _asked(self, state: State) -> State:
        """The state with what somebody wants."""
        args = self._args
        if args.command not in ("take", "back"):
            return state
        if state.phase not in NOT_SWITCHED:
            raise Refused("一次更新正在进行：请等它结束（`zaitang-update status`）。",
                          "An update is under way: wait until it is over (`zaitang-update status`).")
        if args.command == "take":
            bundle = args.bundle.resolve()
            if not told_from_others(bundle):
                raise Refused(f"{bundle} 不是更新包：应为文件夹或 .tar。",
                              f"{bundle} is no bundle: a folder or a .tar is meant.")
            return dataclasses.replace(state, phase="idle", bundle=str(bundle), asked=args.now, one_way=args.one_way,
                                       seen="", said={})
        current = self._machine.releases.installed()
        to = refuse_back(state, current, self._machine.releases, self._machine.ends)
        if why := self._machine.ends.busy(current, SOON_MIN):
            raise Refused(f"现在不能退回：{BUSY[why].zh}。", f"It cannot go back now: {BUSY[why].en}.")
        return go_back(state, current, to)

    def _look(self, state: State) -> int:
        """Check a bundle where it lies, or an archive in a copy that goes again, and say what would be done."""
        current = self._machine.releases.installed()
        refuse_machine(self._machine.ends, current)
        state = dataclasses.replace(state, bundle=str(self._args.bundle))
        with tempfile.TemporaryDirectory(dir=ON_DISK) as copied:
            bundle = self._args.bundle.resolve()
            refuse_full(self._host, bundle)
            folder = bundle if bundle.is_dir() else copy(bundle, Path(copied) / "bundle")
            release = check(folder, self._host, state, current)
        busy = BUSY[self._machine.ends.busy(current, SOON_MIN)]
        self._say(Said(f"可以从 {current} 更新到 {release.version}。本机现在：{busy.zh}",
                       f"It can be updated from {current} to {release.version}. This machine now: {busy.en}"))
        return 0

    def _status(self, state: State) -> None:
        current = self._machine.releases.current()
        self._say(Said(f"正在运行：{current}", f"release {current} runs") if current else
                  Said("/opt/zaitang/current 没有指向任何版本", "/opt/zaitang/current leads to no release"))
        why = WHYS.get(state.why, Said(state.why, state.why))
        phase = PHASES[state.phase]
        self._say(Said(phase.zh.format(version=state.version, old=state.old, why=why.zh),
                       phase.en.format(version=state.version, old=state.old, why=why.en)))
        if state.phase in ("checked", "built", "waiting") and self._machine.ends.has_box() is None:
            self._say(UNKNOWN)
        for trouble in state.troubles if state.phase in ("rolling_back", "rolled_back", "stays") else ():
            self._say(Said(f"    {trouble}", f"    {trouble}"))
        if state.said:
            self._say(Said(f"最近的更新包未被采用：{state.said['zh']}",
                           f"The last bundle was not taken: {state.said['en']}"))

    def _say(self, said: Said) -> None:
        print(said.to(self._args.lang), flush=True)

    def _words(self, error: Exception) -> str:
        return error.said.to(self._args.lang) if isinstance(error, InstallError) else str(error)


def parser() -> argparse.ArgumentParser:
    """The words that it takes."""
    made = argparse.ArgumentParser(
        prog="zaitang-update", description="更新本机的终端盒或监管中心 / Updates the box or the centre of this machine")
    made.add_argument("--lang", choices=("zh", "en"), default=own_language(), help="语言 / language")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    take = commands.add_parser("take", help="安装一个更新包 / take a bundle")
    take.add_argument("bundle", type=Path, help="文件夹或 .tar / a folder or a .tar")
    take.add_argument("--now", action="store_true",
                      help="不等夜间，一空闲就启用 / as soon as it is quiet, not in the night")
    take.add_argument("--one-way", action="store_true", help="即使之后无法退回 / also if there is no way back from it")
    take.add_argument("--dry-run", action="store_true", help="只检查，不更改 / look only, change nothing")
    commands.add_parser("status", help="更新进行到哪一步 / how far an update is")
    commands.add_parser("back", help="退回之前的版本 / go back to the release before")
    commands.add_parser("continue", help="继续（由 systemd 调用） / go on (systemd calls it)")
    commands.add_parser("start", help="开机时（由 systemd 调用） / when the machine starts (systemd calls it)")
    return made
