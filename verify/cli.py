"""`zaitang-verify PATH [--root KEY] [--json OUT] [--lang zh|en]`: 0 whole, 1 something does not hold, 2 no evidence,
3 incomplete."""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from common.commands import Parser, asked_language
from common.texts import LANGS, N_, own_language, translate, words
from evidence.errors import BadInput
from verify.bag import is_bag, read_bag
from verify.box import DATABASE, read_box
from verify.errors import CannotWrite, NotEvidence
from verify.export import MANIFEST, ROOT, read_export
from verify.folder import Folder, shown
from verify.hashing import to_hash
from verify.material import Material
from verify.pin import Pin, read_pin
from verify.progress import Bar
from verify.report import as_json, sentences
from verify.result import Result, conclude, files_to_read
from verify.trees import NOBODY, Trust, read_stamp_roots, read_witness_key
from verify.verdict import status

HASHING = N_("reading video")
NO_FOLDER = N_("it is not a folder. An archive that was downloaded as a ZIP must be unpacked first. Dossiers and"
               " figures are no evidence: at the centre, `zaitang-central export CLASS --to FOLDER` writes it")
NEITHER = N_("it is neither an exported class, nor a bag of one, nor the folder of a box. Dossiers and figures are no"
             " evidence: at the centre, `zaitang-central export CLASS --to FOLDER` writes it")
WITNESS = "witness"
"""The first word of the other command, which watches a centre."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    if (of_witness := _of_witness(given)) is not None:
        from verify.witness_cli import main as witness

        return witness(of_witness)
    arguments = _parser(asked_language(argv)).parse_args(argv)
    lang = arguments.lang
    try:
        pin = None if arguments.root is None else read_pin(arguments.root)
        path, out = Path(arguments.path), None if arguments.json is None else Path(arguments.json)
        volumes = tuple(map(Path, arguments.video))
        for evidence in (path, *volumes):
            _outside(evidence, out)
        trust = Trust(
            tuple(map(read_witness_key, arguments.witness)),
            tuple(one for path in arguments.stamp_root for one in read_stamp_roots(path)))
        result = verify(path, pin, lang, volumes, trust)
        _say(result, lang)
        if out is not None:
            _write(out, result, lang)
    except BadInput as error:
        print(shown(words(error, lang)), file=sys.stderr)
        return 2
    return status(result)


def _of_witness(given: Sequence[str]) -> list[str] | None:
    """The arguments of the other command, `--lang` before its name among them; None where this one is meant."""
    before = 0
    while before < len(given) and given[before].partition("=")[0] == "--lang":
        before += 1 if "=" in given[before] else 2
    return [*given[:before], *given[before + 1:]] if list(given[before:before + 1]) == [WITNESS] else None


def _say(result: Result, lang: str) -> None:
    """Print the summary; whoever reads it may stop reading (`| head`) without changing the verdict."""
    try:
        for line in sentences(result, lang):
            print(shown(line))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def verify(
    path: Path, pin: Pin | None, lang: str, volumes: Sequence[Path] = (), trust: Trust = NOBODY
) -> Result:
    """Check an exported class or a box's folder. `volumes`: further video volumes of a box; `trust`: whom besides the
    root. Raises NotEvidence."""
    material = _read(path, pin, volumes, trust)
    expected = material.expected()
    bar = Bar(sys.stderr, to_hash(files_to_read(material, expected)), translate(HASHING, lang))
    try:
        return conclude(material, expected, bar.advance)
    finally:
        bar.close()


def _outside(path: Path, out: Path | None) -> None:
    """A result is never written into the evidence: it would be one file too many. Raises CannotWrite."""
    if out is None:
        return
    try:
        within = out.resolve().is_relative_to(path.resolve())
    except (OSError, RuntimeError, ValueError):
        return
    if within:
        raise CannotWrite(path=shown(str(out)), why="it lies within the evidence")


def _read(path: Path, pin: Pin | None, volumes: Sequence[Path], trust: Trust) -> Material:
    try:
        return _material(path, pin, volumes, trust)
    except OSError as error:
        raise NotEvidence(path=shown(str(path)), why=error.strerror or str(error)) from None


def _material(path: Path, pin: Pin | None, volumes: Sequence[Path], trust: Trust) -> Material:
    if not path.exists():
        raise NotEvidence(path=shown(str(path)), why="it does not exist")
    if not path.is_dir():
        raise NotEvidence(path=shown(str(path)), why=NO_FOLDER)
    if is_bag(path) and not volumes:
        bag = read_bag(Folder(path))
        material = read_export(bag.inside, pin, trust)
        material.bag = bag
        return material
    if (path / DATABASE).is_symlink():
        raise NotEvidence(path=shown(str(path / DATABASE)), why="it is a link")
    if (path / DATABASE).is_file():
        return read_box(path, pin, volumes)
    if volumes:
        raise NotEvidence(path=shown(str(path)), why="--video goes with the folder of a box")
    if (path / MANIFEST).is_file() or ((path / ROOT).is_file() and (path / "chains").is_dir()):
        return read_export(Folder(path), pin, trust)
    raise NotEvidence(path=shown(str(path)), why=NEITHER)


def _write(out: Path, result: Result, lang: str) -> None:
    text = json.dumps(as_json(result, lang), ensure_ascii=False, indent=2) + "\n"
    try:
        out.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CannotWrite(path=shown(str(out)), why=error.strerror or str(error)) from None


def _parser(lang: str = "en") -> Parser:
    parser = Parser(
        lang=lang,
        prog="zaitang-verify",
        description="Check an exported class, a bag of one, or the folder of a box, offline. "
        "Exit status: 0 whole; 1 something does not hold; 2 the path cannot be read as evidence; 3 what is here holds, "
        "but video is missing, as the centre says itself.",
        epilog="`zaitang-verify witness --help`: watch a centre as an independent witness.",
    )
    parser.add_argument("path", metavar="PATH", help="an exported class, a bag of one, or the folder of a box")
    parser.add_argument("--root", metavar="KEY", help="the root that you trust: a PEM file or its fingerprint")
    parser.add_argument("--witness", metavar="KEY", action="append", default=[],
                        help="the key of a witness of the centre that you trust")
    parser.add_argument("--stamp-root", type=Path, metavar="PEM", action="append", default=[],
                        help="the root certificate of a time-stamping authority that you trust")
    parser.add_argument("--video", metavar="DIR", action="append", default=[],
                        help="a further video volume, to which the box moved segments")
    parser.add_argument("--json", metavar="OUT", help="write the result to this file")
    parser.add_argument("--lang", choices=LANGS, default=own_language(), help="language of the sentences")
    return parser


if __name__ == "__main__":
    sys.exit(main())
