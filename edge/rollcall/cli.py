"""`zaitang-edge rollcall VIDEO --gallery DIR --pack NAME --json OUT`: a roll call over any video file."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.texts import N_
from edge.rollcall.sheet_cli import add_commands as add_sheet

EVERY_US = 2_000_000
UNREAD = N_("{file}: {unread} of {planned} pictures could not be read, so who was seen in them alone is missing here: "
            "the video is damaged")
WOULD_NOT_COUNT = {
    "few": N_(
        "To try only. Under a real policy ({policy}) no box calls the roll of these people: fewer than {least} are "
        "enrolled, so nobody knows how many strangers the model pack {pack} takes for them. Enrol {least} or more"),
    "loose": N_(
        "To try only. Under a real policy ({policy}) no box calls the roll of these people: the model pack {pack} "
        "takes too many strangers for them. Take another pack: opencv"),
}
"""What is said of people for whom a box refuses the pack."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `rollcall` and `sheet` to the parser of `zaitang-edge`."""
    add_sheet(commands)
    rollcall = commands.add_parser("rollcall", help="who of a gallery a video shows")
    rollcall.add_argument("video", type=Path, metavar="VIDEO")
    rollcall.add_argument("--gallery", type=Path, required=True, metavar="DIR", help="one file or folder per person")
    rollcall.add_argument("--pack", required=True, metavar="NAME", help="model pack: see zaitang-edge models list")
    rollcall.add_argument("--json", type=Path, metavar="OUT", help="write the answer here, not to the screen")
    rollcall.set_defaults(do=_rollcall)


def _rollcall(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from common.policies import load_policy
    from common.texts import translate
    from edge.config import BoxConfig
    from edge.rollcall.analyse import analyse
    from edge.rollcall.answer import roll_call, sentences
    from edge.rollcall.frames import pictures, plan_frames
    from edge.vision.admit import refusal
    from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, calibrate
    from edge.vision.cli import check_json, read_gallery, write_json
    from edge.vision.pack import load_pack

    check_json(args.json)
    plan = plan_frames(args.video, EVERY_US)
    pack = load_pack(args.pack, only_faces=True)
    no_template: list[str] = []
    gallery = read_gallery(pack, args.gallery, args.lang, no_template)
    threshold = calibrate(pack, gallery, ROLL_CALL_FPIR_PPM)
    sampled = pictures(args.video, plan)
    bar = tqdm(sampled, total=plan.frames, desc=args.video.name, unit="frame", file=sys.stderr)
    measured = analyse(bar, gallery, pack, threshold.ppm, threshold.rise_ppm)
    answer = roll_call(measured, gallery.people, threshold.ppm, pack.margin_ppm, pack.min_face_px,
                       rise_ppm=threshold.rise_ppm, reach_px=pack.manifest.preprocess.room_face_px)
    answer |= {
        "no_template": no_template, "pictures": {"planned": plan.frames, "read": measured.samples},
        "pack": pack.name, "threshold": threshold.ppm / 1e6,
    }
    unread = plan.frames - measured.samples
    if unread > 0:
        print(translate(UNREAD, args.lang, file=args.video, unread=unread, planned=plan.frames), file=sys.stderr)
    why = refusal(calibrate(pack, gallery), load_policy(BoxConfig.policy))
    if why is not None:
        print(translate(WOULD_NOT_COUNT[why], args.lang, pack=pack.name, policy=BoxConfig.policy,
                        least=pack.manifest.calibration.min_people), file=sys.stderr)
    write_json(args.json, answer, echo=args.json is None)
    for line in sentences(answer, args.lang):
        print(line, file=sys.stderr)
    return 0
