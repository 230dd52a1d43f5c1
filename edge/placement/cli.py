"""`zaitang-edge place room|plan|walk`: where a camera must hang, on paper and with a person in the room."""
from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.placement.looks import Look
    from edge.placement.stops import Sight, Stop, Stops
    from edge.vision.gallery import Gallery
    from edge.vision.pack import Pack
    from edge.wiring import Box

EVERY_US = 1_000_000
"""Media time between two pictures of a video file."""
LOW = 15
"""Priority beside a recorder."""
NO_CHINESE = N_("no Chinese font is installed here: the PNG is in English (an SVG needs none; Debian: fonts-noto-cjk)")
BEGIN = N_("sit down at a place, look at the board, stay until it is told here, and go on to the next; Ctrl-C ends the "
           "walk and draws it")
WRITTEN = N_("written: {path}")
NEXT = N_("next: {name}")
STOP = N_("{name}: face {width} px, light {light} %, straight {frontal} %, {people}: {verdict}")
WHY = {
    "small": N_("narrower than {width} px, not to be relied on: move the camera nearer, or take a narrower lens or a "
                "larger stream"),
    "turned": N_("turned away: hang the camera nearer to the board"),
    "dark": N_("too dark: switch on light, or turn the camera away from the window"),
    "unknown": N_("big and straight enough, but not recognised: enrol better photos, or sit there longer"),
}
GOOD = N_("wide, straight and light enough")
NOBODY, KNOWN = N_("recognised as nobody"), N_("recognised as {person} in {times} of {sights} pictures")
UNKNOWN = N_("compared with nobody")
SUM = N_("stops: {stops}, of them identifiable: {good}")
UNREACHED = N_("stops that were named and never reached: {names}")
LIVE = N_("reads what the recorder is writing")
OPENED = N_("nothing is being recorded: opens the room camera itself")
FACES = N_("faces {count}, widest {width} px")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `place` to the parser of `zaitang-edge`."""
    place = commands.add_parser("place", help="where the room camera must hang so that people can be told apart")
    actions = place.add_subparsers(required=True, metavar="ACTION")
    room = actions.add_parser("room", help="print a room file to be changed: zaitang-edge place room > room.toml")
    room.set_defaults(do=_room)
    plan = actions.add_parser("plan", help="which rows of a room file will be identifiable, with a picture and advice")
    plan.add_argument("room", type=Path, metavar="ROOM.toml",
                      help="the room, as `zaitang-edge place room` prints an example")
    plan.add_argument("--pack", required=True, metavar="NAME", help="model pack: see zaitang-edge models list")
    _add_outputs(plan)
    plan.set_defaults(do=_plan)
    walk = actions.add_parser("walk", help="measure faces while somebody sits down at place after place")
    source = walk.add_mutually_exclusive_group(required=True)
    source.add_argument("video", nargs="?", type=Path, metavar="VIDEO", help="a video file of such a walk")
    source.add_argument("--box", type=Path, metavar="DIR",
                        help="the room camera of this box: what is being recorded, else the camera itself")
    source.add_argument("--source", metavar="URL",
                        help="try this source. Everybody on this machine sees a password in it (ps); in box.toml of a "
                             "box nobody does, but for gst:")
    walk.add_argument("--pack", metavar="NAME", help="model pack; without it the one of the box")
    walk.add_argument("--gallery", type=Path, metavar="DIR",
                      help="photos of who walks, to see who is recognised; without it the faces of the box")
    walk.add_argument("--stops", nargs="+", default=(), metavar="NAME",
                      help="what the stops are called, in their order")
    _add_outputs(walk)
    walk.set_defaults(do=_walk)


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the picture: .svg or .png")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the answer here as well")


def _room(args: argparse.Namespace) -> int:
    from edge.placement.room import template

    print(template(args.lang), end="")
    return 0


def _plan(args: argparse.Namespace) -> int:
    from edge.models.manifest import load_manifest
    from edge.placement.advice import advise
    from edge.placement.judge import judge, needs_of
    from edge.placement.plan_picture import plan_picture
    from edge.placement.report import document, lines
    from edge.placement.room import load_room

    _check_outputs(args)
    room, needs = load_room(args.room), needs_of(load_manifest(args.pack))
    seen, advice = judge(room, needs), advise(room, needs)
    picture = plan_picture(room, needs, seen, _drawn_in(args), args.out.suffix.lower())
    _write(args, picture, document(room, needs, seen, advice))
    print("\n".join(lines(room, needs, seen, advice, args.lang)))
    _say_written(args)
    return 0


def _walk(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from edge.placement.errors import NobodySeen, NoPack
    from edge.placement.heat_picture import heat_picture
    from edge.placement.walk import document, walk
    from edge.vision.pack import load_pack

    _check_outputs(args)
    if args.box is None and args.pack is None:
        raise NoPack()
    box = _box(args.box)
    if box is not None:
        # Looking takes time that a recorder needs more.
        os.setpriority(os.PRIO_PROCESS, 0, LOW)
    looks, total = _looks(args, box)
    folder = box.config.vision.folder if box is not None and args.pack is None else None
    pack = load_pack(args.pack or _config_pack(box), Path(folder) if folder else None, only_faces=True)
    known = _Known(pack, args.gallery, box, args.lang)
    with tqdm(total=total, unit="frame", file=sys.stderr) as bar:
        def told(stop: Stop, stops: Stops) -> None:
            bar.clear()
            print(_stop_line(stop, stops, known, args.lang), flush=True)
            if stops.next_name is not None:
                print(translate(NEXT, args.lang, name=stops.next_name), flush=True)

        def looked(sights: list[Sight]) -> None:
            widest = max((sight.face_px for sight in sights), default=0.0)
            bar.set_postfix_str(translate(FACES, args.lang, count=len(sights), width=round(widest)), refresh=False)
            bar.update()

        stops, broke = walk(looks, pack, known, args.stops, told, looked)
    if stops is not None and stops.cells():
        _write(args, heat_picture(stops, pack.name, _drawn_in(args), args.out.suffix.lower()), document(stops, pack))
        _say_sum(stops, known, args.lang)
        _say_written(args)
    if broke is not None:
        raise broke
    if stops is None or not stops.cells():
        raise NobodySeen()
    return 0


def _box(folder: Path | None) -> Box | None:
    from edge.wiring import open_box

    return None if folder is None else open_box(folder)


def _config_pack(box: Box | None) -> str:
    assert box is not None
    return box.config.vision.pack


def _looks(args: argparse.Namespace, box: Box | None) -> tuple[Iterator[Look], int | None]:
    """The pictures, and how many there will be. Raises NoRoomCamera, BadVideo, EmptyVideo."""
    from edge.clock import SystemClock
    from edge.placement.errors import NoRoomCamera
    from edge.placement.looks import newest_recording, of_camera, of_recording
    from edge.rollcall.frames import frames, plan_frames

    if args.video is not None:
        plan = plan_frames(args.video, EVERY_US)
        return frames(args.video, EVERY_US, plan), plan.frames
    print(translate(BEGIN, args.lang))
    if args.stops:
        print(translate(NEXT, args.lang, name=args.stops[0]), flush=True)
    if box is None:
        return of_camera(args.source, SystemClock()), None
    camera = box.config.camera("room")
    if camera is None:
        raise NoRoomCamera(folder=box.folder)
    if newest_recording(box.video, camera.id) is not None:
        print(translate(LIVE, args.lang), flush=True)
        return of_recording(box.video, camera.id), None
    print(translate(OPENED, args.lang), flush=True)
    return of_camera(camera.source, box.clock), None


class _Known:
    """The faces of a folder of photos, or those of the box as they are now. `names`: by person."""

    def __init__(self, pack: Pack, photos: Path | None, box: Box | None, lang: str) -> None:
        from edge.vision.cli import read_gallery

        self._pack, self._box = pack, box if photos is None else None
        self._gallery = None if photos is None else read_gallery(pack, photos, lang)
        self._version: str | None = None
        self.names: dict[str, str] = {}

    @property
    def anybody(self) -> bool:
        """Whether there is anybody to compare with."""
        return self._gallery is not None and bool(self._gallery.people)

    def __call__(self) -> Gallery | None:
        if self._box is not None:
            version = self._box.store.faces_version()
            if version != self._version:
                self._gallery, self._version = self._read(self._box), version
        return self._gallery

    def _read(self, box: Box) -> Gallery:
        """Whoever is in two classes is one person here."""
        import numpy as np

        from edge.vision.gallery import Gallery

        rows: dict[str, list[np.ndarray]] = {}
        found = box.store.all_templates(self._pack.name)
        for (_, person), vectors in found.items():
            rows.setdefault(person, []).append(vectors)
        for class_id in sorted({class_id for class_id, _ in found}):
            self.names |= box.store.names(class_id)
        return Gallery(self._pack, {person: np.concatenate(many) for person, many in rows.items()})


def _stop_line(stop: Stop, stops: Stops, known: _Known, lang: str) -> str:
    people = translate(NOBODY if known.anybody else UNKNOWN, lang)
    if stop.people:
        person, times = stop.people[0]
        people = translate(KNOWN, lang, person=known.names.get(person, person), times=times, sights=stop.sights)
    said = translate(WHY[stop.why] if stop.why else GOOD, lang, width=math.ceil(stops.named_px))
    return translate(STOP, lang, name=stop.name, width=math.floor(stop.face_px), light=round(stop.light_ppm / 1e4),
                     frontal=round(stop.frontal_ppm / 1e4), people=people, verdict=said)


def _say_sum(stops: Stops, known: _Known, lang: str) -> None:
    found = stops.stops()
    for stop in found:
        print(_stop_line(stop, stops, known, lang))
    print(translate(SUM, lang, stops=len(found), good=sum(stop.verdict == "identified" for stop in found)))
    if stops.unreached:
        print(translate(UNREACHED, lang, names=", ".join(stops.unreached)))


def _drawn_in(args: argparse.Namespace) -> str:
    """The language of the picture: where a PNG would show boxes instead of Chinese it is English, and that is said."""
    from edge.drawing import has_chinese

    if args.lang == "zh" and args.out.suffix.lower() == ".png" and not has_chinese():
        print(translate(NO_CHINESE, args.lang), file=sys.stderr)
        return "en"
    return str(args.lang)


def _check_outputs(args: argparse.Namespace) -> None:
    """Raises OtherEnding, CannotWrite."""
    from edge.placement.errors import OtherEnding
    from edge.vision.cli import check_json

    if args.out.suffix.lower() not in (".svg", ".png"):
        raise OtherEnding(file=args.out)
    for path in (args.out, args.json):
        check_json(path)


def _say_written(args: argparse.Namespace) -> None:
    for path in filter(None, (args.out, args.json)):
        print(translate(WRITTEN, args.lang, path=path))


def _write(args: argparse.Namespace, picture: bytes, value: dict[str, Any]) -> None:
    """The picture first: who finds the numbers finds it, too. Raises CannotWrite."""
    import json

    from edge.errors import CannotWrite
    from edge.storage.files import replace

    written = [(args.out, picture)]
    if args.json is not None:
        written.append((args.json, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()))
    for path, data in written:
        try:
            replace(path, data)
        except OSError as error:
            raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None
