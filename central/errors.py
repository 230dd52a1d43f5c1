"""What can go wrong at the centre, each as one sentence: what no folder raises alone. The others stand in their own
errors.py."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError, ZaitangError


class CentreExists(BadInput):
    text = "{folder} already holds a centre; nothing was changed"


class NoCentre(BadInput):
    text = "{folder} is not a centre's folder: run `zaitang-central init {folder}` first"


class NeverStarted(BadInput):
    text = ("this centre was never started, and has no certificate for its connections yet: it makes one at its start "
            "(`sudo systemctl start zaitang-centre.target`)")


class BadKeyFile(BadInput):
    text = "{path} cannot be used as a key or certificate: {why}"


class WeakPassphrase(BadInput):
    text = "the passphrase of the root has {least} characters at least: whoever has the root is everybody at this site"


class NoPassphrase(BadInput):
    text = "nobody can type the passphrase of the root here: put it into a file and name that with --passphrase-file"


class PassphrasesDiffer(BadInput):
    text = "what was typed is not twice the same; nothing was made"


class OtherRoot(BadInput):
    text = "the root in {folder} is not the one of this centre, which is in {path}"


class NoIntermediate(BadInput):
    text = (
        "the centre in {folder} has no intermediate, so it can certify nobody: bring the folder of the root and run "
        "`zaitang-central root sign`"
    )


class CannotRead(BadInput):
    text = "{path} cannot be read: {why}"


class BadPlan(BadInput):
    """A plan or a list of names that cannot be carried out."""


class FileTooLarge(BadPlan):
    text = "{path} is larger than {limit} bytes"


class WrongDevice(BadInput):
    text = "{folder}/centre.toml calls this centre {config}, but its certificate was made for {certificate}"


class UnknownClass(BadInput):
    text = "there is no class {class_id} at this centre"


class NothingToExport(BadInput):
    text = "class {class_id} has no receipted record of any box yet; there is nothing to export"


class PolicyGone(ZaitangError):
    text = "the centre has no copy of policy {policy}, which the order of class {class_id} refers to"


class CannotJudge(ZaitangError):
    text = (
        "class {class_id} cannot be judged: the program failed at its records ({error}); they are all kept, and the log"
        " of the centre says where it failed"
    )


class ExportFailed(ZaitangError):
    text = "the export to {folder} failed: {why}"


class CannotWrite(BadInput):
    text = "{path} cannot be written: {why}"


class FolderNotEmpty(BadInput):
    text = "{folder} already exists; name a folder that does not"


class SegmentsNotHere(ZaitangError):
    text = "class {class_id} was not exported: {count} of its segments have not reached the centre: {files}"


class SegmentFileChanged(VerificationError):
    text = "segment {file} of {device} was changed after it was recorded: its hash is not the one in record {seq}"


class UnknownBlock(BadInput):
    text = "class {class_id} has no recording {block}"


class BrokerUnreachable(BadInput):
    text = "the broker at {host}:{port} cannot be reached: {why}"


class CollectorRuns(BadInput):
    text = "a collector of {folder} is already running"


class ConsoleRuns(BadInput):
    text = ("a console of {folder} is already running: stop it first. One process holds all live pictures, so that a"
            " box and whoever watches it meet there")


class BadReason(BadInput):
    text = "give a reason, in 1 to {limit} characters that can be seen"


class NotATrainee(BadInput):
    text = "{person} is no trainee of class {class_id}: only trainees are pointed out"


class DatabaseUnusable(ZaitangError):
    text = "the centre's database cannot be used: {why}"


class TwoDatabases(BadInput):
    text = (
        "centre.toml names the database {place}, and {path} is here, too: move what it holds with "
        "`zaitang-central database move`"
    )


class NothingToMove(BadInput):
    text = "there is nothing to move: {path} is not here, or centre.toml names no other database"


class WrongTopic(VerificationError):
    text = "the message came on the topic of {topic} but its record is of {device}"


class UnknownSigner(VerificationError):
    text = "no certificate of {device} is known that belongs to this signature"


class WrongSegmentBytes(BadInput):
    text = "the bytes are not the segment that was announced: {why}"


class PartBusy(BadInput):
    text = "this file is being sent just now over another connection; ask again in a while"


class BadName(BadInput):
    text = "the names kept at the centre cannot be read: the key file does not belong to them"


class ClockError(BadInput):
    """The centre signs no time now."""


class ClockNotSet(ClockError):
    text = ("the clock of the centre is not set (no time server was reached lately), so the centre signs no receipt "
            "and no checkpoint. See to the time server; records are taken meanwhile. If there is none and the clock is "
            "right: zaitang-central tree trust-clock")


class ClockBehind(ClockError):
    text = ("the clock of the centre is behind {newest}, a time that the centre has signed, so it signs no receipt "
            "and no checkpoint. Put the clock right; if that time was the wrong one: zaitang-central tree trust-clock")


class NoTimeToTrust(BadInput):
    text = ("the clock of this machine is set, and nothing that the centre signed is ahead of it: there is nothing to "
            "put right")


class NoCheckpoint(BadInput):
    text = "the centre has not signed a tree of that size"


class NotInTree(BadInput):
    text = "the tree does not hold that yet, or there is no such thing"


class OtherTree(BadInput):
    text = "the centre signed another tree of that size"


class NotDecided(BadInput):
    """A decision that was refused; nothing was kept."""


class SayAll(NotDecided):
    text = "whoever decides says everything: {needed}"


class BadTarget(BadInput):
    text = "{url} is no address to tell events to: https://, a name, no user and no password"


class NoTarget(BadInput):
    text = "centre.toml names no target {target} under [[webhook.targets]]"


class KeepingRuns(BadInput):
    text = "video of {folder} is being removed by another process already"


class WebhookRuns(BadInput):
    text = "events of {folder} are being told by another process already"


class AlarmsRun(BadInput):
    text = "alarms of {folder} are being told by another process already"


class NoMailServer(BadInput):
    text = "centre.toml names no server that takes mail: [mail] host and sender"


class BadAddress(BadInput):
    text = "{address} is no address that mail can be sent to, like wang@school.example"


class MailRefused(BadInput):
    text = "The mail was not taken: {why}"


class BadRegion(BadInput):
    text = "{region} is no region: six digits, like 411202"


class UnknownInstitution(BadInput):
    text = "there is no institution {institution} at this centre"


class UnknownAccount(BadInput):
    text = "there is no account {account} at this centre"


class NotTheCode(BadInput):
    text = "that code is not right, or was used before: type the next one that the app shows"


class NotSignedIn(ZaitangError):
    text = "log in first"


class BadText(BadInput):
    text = "{key}: 1 to {limit} characters that can be seen are needed"


class NotAPaper(BadInput):
    text = "this file is no PNG, JPEG or PDF"


class PaperTooLarge(BadInput):
    text = "this file is too large: at most {limit} bytes"


class PaperNotKept(BadInput):
    text = "the paper cannot be kept at the centre: {why}"


class SheetNotHere(BadInput):
    text = "this contact sheet is not here, or not any more: ask the box for it"


class UnknownPaper(BadInput):
    text = "there is no such paper of this class here"


class BadPlaceInList(BadInput):
    text = "this place in the list is not there any more; begin at the first page"
