"""`zaitang-edge`: reads the command line and hands on. Nothing heavy is imported before the command is known."""
from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from common import logs
from common.commands import Parser, asked_language
from common.texts import N_, own_language, translate, words
from edge.errors import AlreadyRunning, CannotWrite, SystemRefused, WrongVolume
from evidence.errors import BadInput, ZaitangError

if TYPE_CHECKING:
    from common.lock import Lock

ROLES = {
    "recorder": "edge.recorder.process",
    "terminal": "edge.terminal.process",
    "rollcall": "edge.rollcall.process",
    "picture": "edge.picture.process",
    "sync": "edge.sync.process",
    "live": "edge.live.process",
    "storage": "edge.storage.process",
}
"""The processes of a box and the module whose `run(box)` each is."""
MADE = N_("the box {device} is made; what it is told stands in {file}")
TEST_KEYS = N_("its keys are test keys: it records and shows, but no centre takes it, and zaitang-verify says so")
JOIN = N_("let the centre keep a place for it, and say at this box what that prints; its serial number is {serial}:")
NEXT = N_("or, without a network, carry {file} to the centre on a stick that you trust, and let it certify the box:")
THEN = N_("bring that certificate and the centre's keys/root.pem back, and say:")
UNKNOWN = N_("not told by this machine")
CERTIFIED = N_("the box is certified. Fingerprint of the centre's root: {root}. Compare it with what "
               "`zaitang-central init` printed there, by telephone or on paper")
CAMERAS_NEXT = N_("next: name its cameras in {folder}/box.toml, try them with `zaitang-edge cameras --box {folder}`, "
                  "and start it with `zaitang-edge run --box {folder}`")
OTHERS = 0o077
INTERRUPTED = 130
PASSING = (AlreadyRunning, CannotWrite, WrongVolume)
"""Bad input that passes without anybody changing it: a disk is mounted later, a predecessor ends."""
ENDING_S = 15.0
"""Real seconds that a process of a supervisor that was killed may take to end before its successor gives up."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    # What a box writes shows people: nobody else on the machine may read it.
    os.umask(OTHERS)
    try:
        return _main(argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def _main(argv: Sequence[str] | None) -> int:
    args = _parser(asked_language(argv)).parse_args(argv)
    logs.setup()
    try:
        return int(args.do(args) or 0)
    except (ZaitangError, OSError) as error:
        ours = _ours(error)
        print(words(ours, args.lang), file=sys.stderr)
        return 2 if isinstance(ours, BadInput) else 1


def _ours(error: ZaitangError | OSError) -> ZaitangError:
    if isinstance(error, ZaitangError):
        return error
    return SystemRefused(path=error.filename or "zaitang-edge", why=error.strerror or str(error))


def _parser(lang: str = "en") -> Parser:
    parser = Parser(prog="zaitang-edge", description="A box in a classroom.", lang=lang)
    parser.add_language(own_language())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_init(commands)
    importlib.import_module("edge.identity.cli").add_commands(commands)
    importlib.import_module("common.lock_cli").add_commands(commands, "--box", _lock)
    importlib.import_module("edge.firstboot.cli").add_commands(commands)
    _add_run(commands)
    _add_record(commands)
    _add_process(commands)
    importlib.import_module("edge.storage.cli").add_commands(commands)
    importlib.import_module("edge.sync.cli").add_commands(commands)
    importlib.import_module("edge.doctor.cli").add_commands(commands)
    importlib.import_module("edge.reset.cli").add_commands(commands)
    importlib.import_module("edge.support.cli").add_commands(commands)
    importlib.import_module("edge.handover.cli").add_commands(commands)
    importlib.import_module("edge.store.cli").add_commands(commands)
    importlib.import_module("edge.updates.cli").add_commands(commands)
    importlib.import_module("edge.restore.cli").add_commands(commands)
    _add_cameras(commands)
    importlib.import_module("edge.placement.cli").add_commands(commands)
    importlib.import_module("edge.vision.cli").add_commands(commands)
    return parser


def _lock() -> Lock:
    from edge.keys import LOCK

    return LOCK


def _add_init(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = commands.add_parser("init", help="make the folder of a new box: configuration and keys")
    init.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the new box: a new or an empty one")
    init.add_argument("--device", required=True, metavar="ID",
                      help="what this box is called at the centre, like box-101")
    init.add_argument("--policy", default="sanmenxia-2023", metavar="ID",
                      help="whose rules hold (default: %(default)s)")
    init.add_argument("--room", default="", metavar="TEXT", help="the room in which it stands")
    init.add_argument("--test-keys", action="store_true",
                      help="certify it on the spot, to try cameras alone: no centre and no real policy takes such keys")
    init.set_defaults(do=_init)
    certify = commands.add_parser("certify", help="take the certificate that the centre issued for a new box")
    certify.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the box")
    certify.add_argument("--certificate", type=Path, required=True, metavar="CERT.pem",
                         help="as `zaitang-central box issue` wrote it")
    certify.add_argument("--root", type=Path, required=True, metavar="ROOT.pem", help="keys/root.pem of the centre")
    certify.set_defaults(do=_certify)


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="run every process of a box")
    run.add_argument("--box", type=Path, required=True, metavar="DIR")
    run.add_argument("--only", nargs="+", choices=tuple(ROLES), default=tuple(ROLES), metavar="ROLE",
                     help="the processes to run: %(choices)s")
    run.set_defaults(do=_run)


def _add_record(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    record = commands.add_parser("record", help="record one source into a folder that zaitang-verify can check")
    record.add_argument("--source", required=True, metavar="URL",
                        help="file:/path/to/video.mp4, rtsp://camera/path, v4l2:/dev/video0, picamera2:0, "
                             "gst:PIPELINE. Everybody on this machine sees a password in it (ps); in box.toml of a "
                             "box nobody does, but for gst:")
    record.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="the folder of the recording, made if need be; a later call goes on in it. Its keys are "
                             "made here, too: zaitang-verify calls them test keys")
    record.add_argument("--seconds", type=float, metavar="N", help="stop after N seconds of media time")
    record.add_argument("--pace", type=int, metavar="X",
                        help="play a file X times as fast as real time, a whole number; 0 or nothing: as fast as it "
                             "can")
    record.set_defaults(do=_record)


def _add_process(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    process = commands.add_parser("process", help="run one process of a box in the foreground")
    process.add_argument("role", choices=tuple(ROLES), help="which process")
    process.add_argument("--box", type=Path, required=True, metavar="DIR")
    process.set_defaults(do=_process)


def _add_cameras(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    cameras = commands.add_parser("cameras", help="list the cameras here, try those of a box, take a test picture")
    what = cameras.add_mutually_exclusive_group()
    what.add_argument("--box", type=Path, metavar="DIR", help="try the cameras of this box")
    what.add_argument("--source", metavar="URL",
                      help="try this source. Everybody on this machine sees a password in it (ps); in box.toml of a "
                           "box nobody does, but for gst:")
    cameras.add_argument("--picture", type=Path, metavar="FILE",
                         help="write a test picture (JPEG or PNG); with several cameras, one each: FILE-ID")
    cameras.set_defaults(do=_cameras)


def _init(args: argparse.Namespace) -> int:
    from edge.clock import SystemClock
    from edge.models.choice import choose_pack
    from edge.setup import make_box

    now_us, choice = SystemClock().utc_us() if args.test_keys else None, choose_pack()
    public = make_box(args.folder, args.device, args.policy, args.room, args.lang, now_us, choice.pack)
    print(translate(MADE, args.lang, device=args.device, file=args.folder / "box.toml"))
    for said in choice.words(args.lang):
        print(said)
    if public is None:
        print(translate(TEST_KEYS, args.lang))
        print(translate(CAMERAS_NEXT, args.lang, folder=args.folder))
        return 0
    serial = _serial()
    print(translate(JOIN, args.lang, serial=serial or translate(UNKNOWN, args.lang)))
    print(f"  zaitang-central box claim {args.device} --serial {serial or 'S'} --centre DIR")
    print(translate(NEXT, args.lang, file=public))
    print(f"  zaitang-central box issue {args.device} --key {public.name} --out {args.device}.crt.pem --centre DIR")
    print(translate(THEN, args.lang))
    print(f"  zaitang-edge certify {args.folder} --certificate {args.device}.crt.pem --root root.pem")
    return 0


def _serial() -> str | None:
    from edge.identity.errors import NoSerial
    from edge.identity.serial import machine_serial

    try:
        return machine_serial()
    except NoSerial:
        return None


def _certify(args: argparse.Namespace) -> int:
    from edge.setup import certify

    root = certify(args.folder, args.certificate, args.root)
    print(translate(CERTIFIED, args.lang, root=root))
    print(translate(CAMERAS_NEXT, args.lang, folder=args.folder))
    return 0


def _run(args: argparse.Namespace) -> int:
    from edge.supervise import supervise

    return supervise(args.box, args.only, args.lang)


def _record(args: argparse.Namespace) -> int:
    from edge.recorder.command import record

    return record(args.source, args.out, args.seconds, args.pace, args.lang)


def _cameras(args: argparse.Namespace) -> int:
    from edge.cameras.command import cameras

    return cameras(args.box, args.source, args.picture, args.lang)


def _process(args: argparse.Namespace) -> int:
    from edge.child import die_with_supervisor, die_with_thread, has_supervisor, only_one, refuse
    from edge.refusal import leave, refusal_of
    from edge.wiring import open_box

    die_with_supervisor()
    die_with_thread()
    try:
        box = open_box(args.box)
        with only_one(box.run_folder / f"{args.role}.lock", args.role, ENDING_S):
            importlib.import_module(ROLES[args.role]).run(box)
    except (ZaitangError, OSError) as error:
        why = refusal_of(_ours(error))
        if not isinstance(error, AlreadyRunning):  # the one that runs does not refuse
            leave(why, args.box / "run", args.role)
        if not has_supervisor():
            raise
        # The supervisor says it, once: this process is tried again and again.
        logs.Log(args.role).failed("process.refused", error)
        refuse(why)
        return 2 if isinstance(error, BadInput) and not isinstance(error, PASSING) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
