"""The table of parsers is complete: every file of the product that reads bytes as something is in it, or is named here
with the reason why nothing from outside comes there unread."""
from __future__ import annotations

import ast
import functools
from collections import Counter
from pathlib import Path

from tests.fuzz.table import PARSERS

ROOT = Path(__file__).parents[2]
PACKAGES = ("evidence", "common", "verify", "edge", "central", "provisioning/release")
READERS = {
    "json": {"loads", "load"}, "tomllib": {"loads", "load"}, "csv": {"reader", "DictReader"}, "pickle": {"loads",
    "load"},
    "openpyxl": {"load_workbook"},
    "zipfile": {"ZipFile"}, "tarfile": {"open"}, "pickletools": {"genops"}, "sqlite3": {"connect"},
    "base64": {"b64decode"},
    "struct": {"unpack", "unpack_from", "iter_unpack", "Struct"}, "x509": {"load_pem_x509_certificate",
                                                                          "load_pem_x509_certificates",
                                                                          "load_der_x509_certificate",
                                                                          "load_pem_x509_csr"},
    "serialization": {"load_pem_private_key", "load_pem_public_key", "load_der_public_key"},
    "np": {"frombuffer", "fromfile", "load"}, "cv2": {"imdecode", "imread", "VideoCapture"}, "Image": {"open"},
    "av": {"open"}, "onnx": {"load_model_from_string", "load"}, "X25519PublicKey": {"from_public_bytes"},
    "Ed25519PublicKey": {"from_public_bytes"}, "request": {"stream", "body", "json", "form"}, "bytes": {"fromhex"},
    "": {"parse", "decode", "read_sealed", "open_envelope", "peek_receipt", "read_receipt", "load_pem_public_key",
         "check_receipt", "open_sheet", "read_certificate", "open_checkpoint", "read_note", "read_key"},
}
"""What turns bytes or text into something else, by what stands before its dot."""
OWN_KEYS = "of keys and certificates that edge/keys.py has read"
OWN_DATABASE = "of this end's own database; what came from outside was read before it was put there"
OWN_FOLDER = "files of our own, decoded by evidence/shape.py; tests/central/archive garbles them"
FRAMES = "packets of a file or camera that was opened before; ffmpeg decodes, and its errors are caught"
BOX_KEY = "bytes that are encrypted and authenticated under a key of this box alone"
INSIDE = {
    "central/accounts/tries.py": "limits that stand in the file itself",
    "central/archive/decide.py": OWN_DATABASE, "central/chosen.py": OWN_DATABASE,
    "central/alarms/event.py": OWN_DATABASE, "central/alarms/watcher.py": OWN_DATABASE,
    "central/alarms/words.py": OWN_DATABASE,
    "central/doctor/gather.py": OWN_DATABASE, "central/store/alarms.py": OWN_DATABASE,
    "central/store/engine.py": "only opens this end's own database, or a copy of it",
    "central/orders/release.py": "arguments and heads of our own database, whose shape evidence/shape.py checks",
    "common/support.py": "lines of a log, of which test_support.py lets any text come",
    "edge/firstboot/ground.py": "the root that edge/identity has read and put there",
    "edge/firstboot/told.py": "a file that root alone writes; tests/edge/firstboot/test_told.py garbles it",
    "edge/handover/film.py": FRAMES, "edge/handover/sheet.py": OWN_FOLDER,
    "edge/updates/said.py": OWN_DATABASE,
    "central/archive/desk.py": OWN_FOLDER, "central/archive/plan.py": OWN_FOLDER,
    "central/archive/progress.py": OWN_FOLDER, "central/archive/packed.py": "only writes",
    "central/archive/shown.py": OWN_FOLDER, "central/keeping/classless.py": OWN_DATABASE,
    "central/archive/sheets.py": "pages whose sides common/sealed_pages.py has checked; test_archive_sheets.py garbles"
                                 " one",
    "central/classes/kept_files.py": "files of our own, which open under a key of our own alone",
    "central/classes/questionnaire.py": "a file of this package, whose hash stands beside what it asked",
    "central/classes/stories.py": OWN_DATABASE, "central/export.py": OWN_DATABASE,
    "central/derived/transcode.py": "video whose hash a record names, decoded in a bounded process that may die;"
                                    " tests/central/derived/test_transcode.py damages it",
    "central/devices/ledger.py": "lines of our own file, decoded by evidence/shape.py; test_ledger.py changes them",
    "central/webhook/events.py": OWN_DATABASE,
    "central/webhook/secret.py": "a file of our own keys folder; tests/central/webhook/test_secret.py garbles it",
    "central/dossier/gather.py": OWN_DATABASE,
    "central/dossier/layout.py": "facts from the console that started it, by a pipe",
    "central/dossier/packed.py": "only writes",
    "central/tree/export.py": OWN_DATABASE, "central/tree/tree.py": OWN_DATABASE,
    "central/orders/cli.py": "arguments, whose shape evidence/shape.py checks",
    "central/store/records.py": OWN_DATABASE, "central/store/box_orders.py": OWN_DATABASE,
    "central/store/migrations.py": OWN_DATABASE,
    "central/ingest/left.py": OWN_DATABASE,
    "central/ingest/signatures.py": "keys of certificates that evidence/certs.py has read",
    "central/web/case/inspections.py": "a picture of a form; only its first bytes are looked at",
    "central/web/case/facts.py": "TOML of a form, read by central/classes/plan.py and evidence/shape.py",
    "central/web/case/facts_form.py": "fields of a form, read by evidence/shape.py (test_facts_form.py)",
    "central/classes/chains.py": OWN_DATABASE, "central/overview/worker.py": OWN_DATABASE,
    "central/overview/boxes.py": OWN_DATABASE,
    "central/web/boxes.py": OWN_DATABASE, "central/web/pages.py": OWN_DATABASE, "central/ingest/reuse.py": OWN_DATABASE,
    "edge/cameras/gst.py": "MPEG-TS of a child of ours, read by ffmpeg; tests/edge/cameras/test_gst.py garbles it",
    "edge/cameras/live.py": "access units, read by edge/cameras/annexb.py; any error opens the camera again",
    "edge/cameras/relay.py": "packets of a camera that was opened before, copied; tests/edge/cameras/test_relay.py",
    "edge/live/pictures.py": FRAMES, "edge/live/process.py": OWN_DATABASE, "edge/live/video.py": "only writes",
    "edge/cameras/rtsp.py": "read by ffmpeg; any error opens the camera again; tests/edge/cameras/test_rtsp.py",
    "edge/cameras/v4l2.py": "the kernel's answers to ioctl, of fixed sizes",
    "edge/enrol/move.py": OWN_KEYS, "edge/storage/due.py": OWN_KEYS, "edge/wiring.py": OWN_KEYS,
    "edge/terminal/process.py": OWN_KEYS,
    "edge/terminal/live_sign.py": "a file of our own process; tests/edge/terminal/test_live_sign.py garbles it",
    "edge/enrol/roster_cli.py": "opens files for edge/enrol/roster.py and common/sheets.py",
    "edge/recorder/boxes.py": "the boxes that our own muxer writes, as it writes them",
    "edge/picture/measure.py": FRAMES, "edge/picture/reader.py": FRAMES, "edge/picture/sub.py": FRAMES,
    "edge/placement/looks.py": FRAMES, "edge/recorder/recover.py": FRAMES,
    "edge/recorder/segment_file.py": "only writes",
    "edge/rollcall/proofs.py": BOX_KEY, "edge/rollcall/sheet.py": BOX_KEY, "edge/store/people.py": BOX_KEY,
    "central/backup/proof.py": "records of a snapshot, and a note that evidence/notes.py reads",
    "central/store/moving.py": OWN_DATABASE, "central/store/removals.py": OWN_DATABASE,
    "central/devices/pack.py": OWN_DATABASE, "edge/store/past.py": OWN_DATABASE,
    "edge/restore/export.py": "an exported class, each file read by evidence; tests/contract/test_box_restore.py",
    "edge/storage/spoilt.py": OWN_DATABASE, "edge/storage/keeper.py": OWN_DATABASE,
    "edge/storage/scrub.py": OWN_DATABASE, "edge/store/store.py": OWN_DATABASE,
    "edge/store/database.py": OWN_DATABASE, "edge/terminal/memory.py": OWN_DATABASE,
    "edge/supervise.py": "a sender's credentials, from the kernel; edge/refusal.py reads what it says",
    "edge/sync/centre.py": "a certificate, read by evidence/certs.py",
    "provisioning/release/pack.py": "only writes",
    "provisioning/release/__main__.py": "a key that provisioning/release/key.py reads",
    "verify/folder.py": "shows names, reads nothing", "verify/box.py": "in the table by its folder",
}
"""Files that read bytes of which none comes from outside unread, or reads them by a parser that is in the table."""


def reads(tree: ast.Module) -> bool:
    """Whether a file calls anything of READERS."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                if called.attr in READERS.get(called.value.id, ()):
                    return True
            elif isinstance(called, ast.Name) and called.id in READERS[""]:
                return True
    return False


@functools.cache
def readers() -> set[str]:
    return {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
            if reads(ast.parse(path.read_text("utf-8")))}


def test_every_file_that_reads_bytes_is_in_the_table_or_named_with_a_reason() -> None:
    tabled = {module for parser in PARSERS for module in parser.modules}
    assert sorted(readers() - tabled - set(INSIDE)) == []


def test_no_reason_is_left_over() -> None:
    assert sorted(set(INSIDE) - readers() - {"verify/folder.py", "edge/sync/centre.py",
        "edge/enrol/roster_cli.py"}) == []
    assert [path for path in INSIDE if not (ROOT / path).is_file()] == []


def test_the_table_names_files_that_are_there_and_each_parser_once() -> None:
    assert [module for parser in PARSERS for module in parser.modules if not (ROOT / module).is_file()] == []
    assert [name for name, count in Counter(parser.name for parser in PARSERS).items() if count > 1] == []


def test_what_reading_is() -> None:
    assert reads(ast.parse("json.loads(x)")) and reads(ast.parse("decode(A, b, 'c')"))
    assert not reads(ast.parse("x.loads(y); text.decode()"))
