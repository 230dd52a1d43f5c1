"""`zaitang-central inspect|survey|import-facts CLASS FILE.toml`: what is said of a class becomes a record; then what
its rule says now. FILE.toml names other files by their path, seen from there; their hash goes into the record."""
from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from central.errors import CannotRead, FileTooLarge
from common.texts import N_, translate, words

if TYPE_CHECKING:
    from central.wiring import Centre

MAX_PAPER = 256 << 20
INSPECTED = N_("Inspection {inspection} of class {class_id} ({kind}) is on record: {headcount} trainees.")
SURVEYED = N_("The survey of class {class_id} is on record: {satisfied} satisfied of {respondents} who answered.")
IMPORTED = N_("What {source} says of class {class_id} for {rule} is on record.")
SAYS = N_("{rule} ({title}): {result}")


def add_commands(commands: Any) -> None:
    """Add the three commands to the parser of `zaitang-central`."""
    for name, do, help in (
        ("inspect", _inspect, "state an inspection of a class: docs/rules.md"),
        ("survey", _survey, "state the closed satisfaction survey of a class: docs/rules.md"),
        ("import-facts", _import, "state what another system or paper says of a class: docs/rules.md"),
    ):
        parser = commands.add_parser(name, help=help)
        parser.add_argument("class_id", metavar="CLASS")
        parser.add_argument("file", type=Path, metavar="FILE.toml", help="what is said, in the form of docs/rules.md")
        parser.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
        parser.set_defaults(do=do)


def _inspect(args: argparse.Namespace) -> None:
    from central.classes.inspections import KINDS, InspectionSaid, state_inspection
    from central.wiring import open_centre
    from evidence.shape import decode

    said = decode(InspectionSaid, read_said(args.file, "signature"), str(args.file), strict=True)
    centre = open_centre(args.centre)
    body = state_inspection(centre.store, centre.names, args.class_id, said, centre.clock.stamp().utc_us)
    print(translate(INSPECTED, args.lang, inspection=body.inspection, class_id=args.class_id,
                    kind=translate(KINDS[body.kind], args.lang), headcount=body.headcount))
    _says(args, centre, "R6")


def _survey(args: argparse.Namespace) -> None:
    from central.classes.inspections import SurveySaid, state_survey
    from central.wiring import open_centre
    from evidence.shape import decode

    said = decode(SurveySaid, read_said(args.file, "questionnaire"), str(args.file), strict=True)
    centre = open_centre(args.centre)
    body = state_survey(centre.store, args.class_id, said, centre.clock.stamp().utc_us)
    print(translate(SURVEYED, args.lang, class_id=args.class_id, satisfied=body.satisfied,
                    respondents=body.respondents))
    _says(args, centre, "R9")


def _import(args: argparse.Namespace) -> None:
    from central.classes.imports import ImportSaid, state_import
    from central.wiring import open_centre
    from evidence.shape import decode

    value = read_said(args.file, "file")
    value.setdefault("file", _hash(args.file))
    said = decode(ImportSaid, value, str(args.file), strict=True)
    centre = open_centre(args.centre)
    body = state_import(centre.store, centre.names, args.class_id, said)
    print(translate(IMPORTED, args.lang, source=body.source, class_id=args.class_id, rule=body.rule))
    _says(args, centre, body.rule)


def read_said(path: Path, paper: str) -> dict[str, Any]:
    """A TOML file in which the key `paper` names another file; here it holds the SHA-256 of that.

    Raises CannotRead, BadShape, BadPlan."""
    from central.classes.plan import read_toml

    value = read_toml(path)
    named = value.get(paper)
    return value | ({paper: _hash(path.parent / named)} if isinstance(named, str) else {})


def _hash(path: Path) -> str:
    hashed, size = hashlib.sha256(), 0
    try:
        if not path.is_file():
            raise CannotRead(path=path, why=N_("it is not a file"))
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                hashed.update(part)
                size += len(part)
                if size > MAX_PAPER:
                    raise FileTooLarge(path=path, limit=MAX_PAPER)
    except (OSError, ValueError) as error:  # a path may hold what no path may
        raise CannotRead(path=path, why=getattr(error, "strerror", None) or N_("it is not a file")) from None
    return hashed.hexdigest()


def _says(args: argparse.Namespace, centre: Centre, rule: str) -> None:
    """What the rule says now, where the policy has it."""
    from central.classes.stories import tell
    from common.reasons import RESULTS, rule_words

    with centre.store.read() as tx:
        told = tell(centre.store, tx, args.class_id, centre.clock.stamp().utc_us)
        named = centre.names.open_all(args.class_id, tx.sealed_names(args.class_id))
    names = {one: name.name for one, name in named.items()}
    for finding in told.findings:
        if finding.rule == rule:
            print(translate(SAYS, args.lang, rule=rule, title=rule_words(rule, args.lang),
                            result=translate(RESULTS[finding.result], args.lang)))
            for reason in finding.reasons:
                print(f"  {words(reason, args.lang, names)}")
