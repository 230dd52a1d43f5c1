"""`zaitang-edge evaluate identify` and `evaluate liveness`: measure a model pack on a site's photographs and clips."""
from __future__ import annotations

import argparse
import contextlib
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from edge.acceptance.watch import Rules
    from edge.vision.liveness import Gesture
    from edge.vision.pack import Pack

POLICY = "sanmenxia-2023"
GESTURES = ("turn_left", "turn_right", "blink", "open_mouth")
KNOWN_S = 0.1
"""Real seconds before a bar is shown whose length is not known in the beginning."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate` to the parser of `zaitang-edge`."""
    evaluate = commands.add_parser("evaluate", help="measure a model pack on photographs and clips")
    kinds = evaluate.add_subparsers(required=True, metavar="WHAT")
    identify = kinds.add_parser("identify", help="rank-1, FNIR and FPIR; people outside the gallery are strangers")
    identify.add_argument("--gallery", type=Path, required=True, metavar="DIR", help="one file or folder per person")
    identify.add_argument("--probes", type=Path, required=True, metavar="DIR", help="likewise, with the same names")
    _add_common(identify)
    identify.set_defaults(do=_identify)
    liveness = kinds.add_parser("liveness", help="APCER of each kind of attack, BPCER of living people")
    liveness.add_argument("--live", type=Path, required=True, metavar="DIR", help="clips or stills of living people")
    liveness.add_argument("--attack", type=Path, required=True, metavar="DIR",
                          help="a subfolder for each kind of attack")
    _add_common(liveness)
    liveness.add_argument("--challenge", nargs="+", choices=GESTURES, default=(), metavar="GESTURE",
                          help="without it only the passive check answers; with it these are asked in this order: "
                               + ", ".join(GESTURES))
    liveness.add_argument("--policy", default=POLICY, metavar="ID",
                          help="whose liveness rules hold (default: %(default)s)")
    liveness.set_defaults(do=_liveness)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pack", required=True, metavar="NAME", help="model pack: see zaitang-edge models list")
    parser.add_argument("--json", type=Path, metavar="OUT",
                        help="write the result here instead of on the screen, and its plot beside it as .svg and .png")


def _identify(args: argparse.Namespace) -> int:
    from edge.acceptance.identify import document, identification, searches
    from edge.acceptance.plots import det_curve
    from edge.acceptance.report import identify_lines
    from edge.enrol.photos import photo_files
    from edge.vision.calibrate import calibrate
    from edge.vision.cli import read_gallery
    from edge.vision.pack import load_pack

    _check_outputs(args.json)
    enrolled, shown = photo_files(args.gallery), photo_files(args.probes)
    _tell_known(enrolled, shown, args.lang)
    pack = load_pack(args.pack, only_faces=True)
    gallery = read_gallery(pack, args.gallery, args.lang)
    probes, left_out = _probes(pack, shown, args.probes, args.lang)
    found = identification(
        gallery.people, searches(gallery, probes), calibrate(pack, gallery), pack.margin_ppm)
    _write(args.json, {**document(found, pack.name), "left_out": left_out},
           det_curve(found, f"{pack.name} · ISO/IEC 19795-1", args.lang))
    print("\n".join(identify_lines(found, args.lang)), file=sys.stderr)
    return 0


def _probes(
    pack: Pack, people: dict[str, list[Path]], folder: Path, lang: str
) -> tuple[dict[str, list[np.ndarray | None]], int]:
    """Descriptions (d,) by person, None where no face was found; and how many photos of several people were left out.
    Raises PhotosRefused with every photo that cannot be read, NoProbes."""
    from tqdm import tqdm

    from common.texts import words
    from edge.acceptance.errors import NoProbes
    from edge.enrol.errors import NoFace, PhotosRefused, SeveralFaces
    from edge.enrol.photos import describe
    from evidence.errors import BadInput

    photos = [(name, file) for name, files in people.items() for file in files]
    found: dict[str, list[np.ndarray | None]] = {}
    problems: list[BadInput] = []
    left_out = 0
    for name, file in tqdm(photos, desc=folder.name, unit="photo", file=sys.stderr):
        try:
            found.setdefault(name, []).append(describe(pack, file, strict=False))
        except NoFace:
            found[name].append(None)
        except SeveralFaces as several:
            left_out += 1
            print(words(several, lang), file=sys.stderr)
        except BadInput as problem:
            problems.append(problem)
    if problems:
        raise PhotosRefused(problems)
    if all(vector is None for vectors in found.values() for vector in vectors):
        raise NoProbes(folder=str(folder))
    return found, left_out


def _tell_known(enrolled: dict[str, list[Path]], shown: dict[str, list[Path]], lang: str) -> None:
    """A photo that was enrolled is found again by any pack: it makes figures better than they are."""
    from common.texts import translate

    seen = _digests(enrolled)
    known = sum((seen & _digests({name: [file]})) != set() for name, files in shown.items() for file in files)
    if known:
        print(translate("probes that are enrolled photos themselves: {count}; they prove nothing", lang, count=known),
              file=sys.stderr)


def _digests(people: dict[str, list[Path]]) -> set[bytes]:
    """The hashes of photos. Those that are too large to be read as such are not read for this either; those that the
    disk does not give are told later, with all that is wrong."""
    from edge.enrol.photos import MAX_MB

    found = set()
    for file in (file for files in people.values() for file in files):
        with contextlib.suppress(OSError):
            if file.stat().st_size <= MAX_MB * 1_000_000:
                with file.open("rb") as data:
                    found.add(hashlib.file_digest(data, "sha256").digest())
    return found


def _liveness(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from edge.acceptance.attacks import attacks, document
    from edge.acceptance.clips import find_clips
    from edge.acceptance.plots import attack_bars
    from edge.acceptance.report import liveness_lines
    from edge.acceptance.watch import CHALLENGE_US, PASSIVE_US, watch
    from edge.vision.pack import load_pack

    _check_outputs(args.json)
    rules = _rules(args.policy, args.challenge)
    with tqdm(desc=args.live.name, unit="file", delay=KNOWN_S, file=sys.stderr) as bar:
        def checked(at: int, of: int) -> None:
            bar.total = of
            bar.update(at - bar.n)

        clips = find_clips(args.live, args.attack, CHALLENGE_US if rules.gestures else PASSIVE_US, checked)
    pack = load_pack(args.pack)
    _check_pack(pack, rules)
    bar = tqdm(clips, desc=f"{args.live.name}, {args.attack.name}", unit="clip", file=sys.stderr)
    found = attacks([(clip, watch(pack, clip, rules)) for clip in bar])
    _write(args.json, document(found, pack.name, args.policy, rules.gestures),
           attack_bars(found, f"{pack.name} · ISO/IEC 30107-3", args.lang))
    print("\n".join(liveness_lines(found, args.lang)), file=sys.stderr)
    return 0


def _rules(policy_id: str, gestures: list[Gesture]) -> Rules:
    """Raises NoSuchPolicy, NoLivenessRules."""
    from common.policies import load_policy
    from edge.acceptance.errors import NoLivenessRules
    from edge.acceptance.watch import Rules
    from edge.checkin.engine import WINDOW

    policy = load_policy(policy_id)
    if policy.liveness is None:
        raise NoLivenessRules(policy=policy.id)
    # Twice the same gesture cannot be told from one.
    return Rules(policy.liveness, policy.checkin.min_votes.value, WINDOW, tuple(dict.fromkeys(gestures)))


def _check_pack(pack: Pack, rules: Rules) -> None:
    """Raises NoPassive, NoGesture."""
    from edge.acceptance.errors import NoGesture, NoPassive

    if not rules.gestures and pack.liveness == "none":
        raise NoPassive(pack=pack.name)
    if missing := [gesture for gesture in rules.gestures if gesture not in pack.challenge]:
        raise NoGesture(pack=pack.name, gestures=", ".join(missing), known=", ".join(sorted(pack.challenge)))


def _check_outputs(path: Path | None) -> None:
    from edge.vision.cli import check_json

    check_json(path)
    for plot in _plots(path):
        check_json(plot)


def _plots(path: Path | None) -> list[Path]:
    if path is None:
        return []
    stem = path.name.removesuffix(".json")
    return [path.with_name(stem + ending) for ending in (".svg", ".png")]


def _write(path: Path | None, value: dict[str, object], plots: dict[str, bytes] | None) -> None:
    """The plots first: who finds the numbers finds them too. Raises CannotWrite."""
    from edge.errors import CannotWrite
    from edge.storage.files import replace
    from edge.vision.cli import write_json

    made = plots or {}
    for plot in _plots(path) if made else ():
        try:
            replace(plot, made[plot.suffix])
        except OSError as error:
            raise CannotWrite(folder=plot.parent, why=error.strerror or str(error)) from None
    write_json(path, value, echo=path is None)
