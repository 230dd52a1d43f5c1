"""What can go wrong at the centre, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError, ZaitangError


class CentreExists(BadInput):
    text = "{folder} already holds a centre; nothing was changed"


class NoCentre(BadInput):
    text = "{folder} is not a centre's folder: run `zaitang-central init {folder}` first"


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


class NotForABox(BadInput):
    text = "{device} is this centre itself; no box can be called so"


class BadSerial(BadInput):
    text = "{serial} is not the serial number of a machine: up to 64 letters, digits and - . _"


class BadHours(BadInput):
    text = "a claim holds for 1 to {most} hours"


class NobodyWaits(BadInput):
    text = "no box {device} waits for approval"


class NoSuchKey(BadInput):
    text = "no such key of a box {device} is known here that is still believed"


class RevokedAlready(BadInput):
    text = (
        "keys of {device} were revoked before, untrusted from {since}: they can only be given an earlier moment, with "
        "--untrusted-from")


class BadMoment(BadInput):
    text = "{value} is not a moment that has been, in UTC with Z at its end, like 2026-03-02T00:40:00.000000Z"


class BadRequest(BadInput):
    """What a box sent cannot be used; it hears the sentence."""

    text = "the request cannot be read: {why}"


class UnknownToken(BadRequest):
    text = "this token is not known here: look at it again, or ask for a new one"


class TokenExpired(BadRequest):
    text = "this token has expired: ask for a new one"


class TokenUsed(BadRequest):
    text = "this token was used already, by another key"


class OtherSerial(BadRequest):
    text = "this token was made for another machine than the one with the serial number {serial}"


class OtherName(BadRequest):
    text = "this token was made for the box {device}, not for {name}"


class TooManyTries(BadRequest):
    text = "too many tries were refused; try again in ten minutes"


class ClaimedAlready(BadRequest):
    text = "another machine that calls itself {device} waits for approval already"


class KeyRevoked(BadRequest):
    """`orders`: the message of the centre's order that says so, empty where there is none."""

    text = "the key of this box was revoked"


class UnknownBox(BadRequest):
    text = "no box is known here that has this key"


class CannotRead(BadInput):
    text = "{path} cannot be read: {why}"


class BadPlan(BadInput):
    """A plan or a list of names that cannot be carried out."""


class NoTitle(BadPlan):
    text = "{path}: the class has no title"


class NoBoxes(BadPlan):
    text = "{path}: the plan names no box that would record the class"


class NoHours(BadPlan):
    text = "{path}: the plan has no class-hours"


class BoxTwice(BadPlan):
    text = "{path}: box {device} stands in the plan twice"


class HourTwice(BadPlan):
    text = "{path}: two class-hours are called {hour}"


class HourBackwards(BadPlan):
    text = "{path}: class-hour {hour} ends before it begins"


class BadTime(BadPlan):
    text = "{path}: class-hour {hour}: {value} is not a time like 2026-03-02T08:30:00"


class StrangeMakeUp(BadPlan):
    text = "{path}: class-hour {hour} is a make-up lesson for {name}, who is not in the list"


class NameTooLong(BadPlan):
    text = "{path}: the name of person number {number} is longer than {limit} characters"


class HiddenCharacters(BadPlan):
    text = "{path}: {text} holds characters that cannot be seen; write it anew"


class FileTooLarge(BadPlan):
    text = "{path} is larger than {limit} bytes"


class DuplicateName(BadPlan):
    text = "{path}: {name} stands in the list twice; add what tells them apart to the name"


class MissingName(BadPlan):
    text = "{path}: person number {number} has no name"


class NoTrainees(BadPlan):
    text = "{path}: the list names no trainee"


class HoursOverlap(BadPlan):
    text = "{path}: class-hour {hour} does not begin after the one before it has ended"


class WrongDevice(BadInput):
    text = "{folder}/centre.toml calls this centre {config}, but its certificate was made for {certificate}"


class BadDevice(BadInput):
    text = "{device} is not a box's id: use up to 64 of a-z 0-9 . _ -, beginning with a letter or digit"


class UnknownClass(BadInput):
    text = "there is no class {class_id} at this centre"


class SameBox(BadInput):
    text = "templates move from one box to another; {device} is named twice"


class NoSealingKey(BadInput):
    text = "box {device} has not introduced itself to this centre yet, so nothing can be sealed to it"


class BadMove(BadInput):
    text = "not in class {class_id}: {people}; and an order lasts 1 to {most} days"


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


class UnknownRecording(BadInput):
    text = "there is no recording of {block} by camera {camera}"


class UnknownBlock(BadInput):
    text = "class {class_id} has no recording {block}"


class UnknownEvidence(BadInput):
    text = "there is no record {seq} of {device} at this centre"


class SegmentFileMissing(ZaitangError):
    text = "segment {file} of {device} has not reached the centre yet"


class NoMosquitto(BadInput):
    text = "Mosquitto is not installed here (Debian: sudo apt-get install mosquitto)"


class BrokerEnded(ZaitangError):
    text = "the broker ended by itself (code {code}). Its last words:\n{words}"


class NoTls(BadInput):
    text = "centre.toml says that the broker is reached without TLS: write tls = true into its section [broker]"


class BrokerUnreachable(BadInput):
    text = "the broker at {host}:{port} cannot be reached: {why}"


class CollectorRuns(BadInput):
    text = "a collector of {folder} is already running"


class NotLoopback(BadInput):
    text = (
        "without `certificate` and `key` under [web] in centre.toml the console listens on this machine only; "
        "{host} is refused"
    )


class PortInUse(BadInput):
    text = "port {port} is in use; name another with --port"


class CannotListen(BadInput):
    text = "the console cannot listen at {host}:{port}: {why}"


class BadDay(BadInput):
    text = "{value} is not a day like 2026-04-02"


class DayAhead(BadInput):
    text = "{date} has not come yet: an assessment is stated once it was held"


class DayBefore(BadInput):
    text = "{date} lies before the first class-hour of {class_id} ({first}): it cannot have been assessed then"


class BadReason(BadInput):
    text = "say why with --reason, in 1 to {limit} characters that can be seen"


class BadBy(BadInput):
    text = "say who with --by, in 1 to {limit} characters that can be seen"


class RecordingsNotJudged(BadInput):
    text = "policy {policy} does not ask whether recordings show everyone (R3); there is nothing to review"


class NotOver(BadInput):
    text = "recording {block} is not over yet, or records of it are still to come; there is nothing to review"


class UnknownPerson(BadInput):
    text = "nobody of class {class_id} is called {person}: give a name or a pseudonym of `zaitang-central class show`"


class NotATrainee(BadInput):
    text = "{person} is no trainee of class {class_id}: only trainees are pointed out"


class UnknownVideo(BadInput):
    text = "class {class_id} has no video with the hash {segment}"


class UncertainVideo(BadInput):
    text = "the time of {file} is uncertain: whoever is pointed out in it would be shown in no recording"


class MomentOutside(BadInput):
    text = "{file} is {seconds} s long: say with --at how many seconds after its beginning"


class NotWhileClass(BadInput):
    text = "at that moment ({moment}) no recording of class {class_id} is due"


class BadFrameBox(BadInput):
    text = "--box is x,y,width,height in whole pixels, within the picture of {width} × {height}"


class NoDispute(BadInput):
    text = "no such dispute about class {class_id} is open"


class SeveralDisputes(BadInput):
    text = "several disputes about class {class_id} are open ({disputes}): name one with --dispute"


class DiskFull(ZaitangError):
    text = "the centre's disk is full; nothing more is taken in until there is room"


class SegmentNotStored(BadInput):
    text = "this segment is not at the centre, or its bytes are not those that were recorded"


class DatabaseUnusable(ZaitangError):
    text = "the centre's database cannot be used: {why}"


class LedgerUnusable(DatabaseUnusable):
    text = "what the centre certified and revoked cannot be read or written in {path}: {why}"


class LedgerDamaged(DatabaseUnusable):
    text = (
        "from byte {at} on {path} is not what the centre wrote: put its newest copy back, or take it away and revoke "
        "again whoever was revoked after the backup of the database was made")


class DatabaseUnsafe(DatabaseUnusable):
    text = "the database {place} is not used: with {what} off there a power cut would lose records"


class DatabaseNotUtf8(DatabaseUnusable):
    text = "the database {place} cannot hold Chinese, its encoding is {encoding}: make it with ENCODING 'UTF8'"


class BadAddress(BadInput):
    text = "the address of the database cannot be used: {why}"


class OtherDatabase(BadInput):
    text = "the database {place} belongs to another centre; nothing was changed"


class TwoDatabases(BadInput):
    text = (
        "centre.toml names the database {place}, and {path} is here, too: move what it holds with "
        "`zaitang-central database move`"
    )


class NothingToMove(BadInput):
    text = "there is nothing to move: {path} is not here, or centre.toml names no other database"


class DatabaseNotEmpty(BadInput):
    text = "the database {place} holds something already: make an empty one"


class WrongTopic(VerificationError):
    text = "the message came on the topic of {topic} but its record is of {device}"


class UnknownSigner(VerificationError):
    text = "no certificate of {device} is known that belongs to this signature"


class WrongSegmentBytes(BadInput):
    text = "the bytes are not the segment that was announced: {why}"


class UnannouncedSegment(BadInput):
    text = "no accepted record names a segment with this hash"


class FileTooBig(BadInput):
    text = "no segment has more than {most} bytes: nothing of this file is taken"


class PartBusy(BadInput):
    text = "this file is being sent just now over another connection; ask again in a while"


class TooManyUploads(BadInput):
    text = "so many files at once are not taken from one box, or from all; ask again in a while"


class TooSlow(BadInput):
    text = "the bytes came too slowly; what came of them is kept, go on from there"


class BadPart(BadInput):
    text = "a part is sent with Content-Range, like bytes 0-1048575/5000000, and holds {most} bytes at most"


class NoToken(VerificationError):
    text = "an upload needs a token that the box has signed"


class TokenRefused(VerificationError):
    text = "the token of an upload is refused: {why}"


class BadName(BadInput):
    text = "the names kept at the centre cannot be read: the key file does not belong to them"


class ClockError(BadInput):
    """The centre signs no time now."""


class ClockNotSet(ClockError):
    text = ("the clock of this machine is not set (no time server was reached lately), so the centre signs no receipt "
            "and no checkpoint. See to the time server; records are taken meanwhile. If there is none and the clock is "
            "right: zaitang-central tree trust-clock")


class ClockBehind(ClockError):
    text = ("the clock of this machine is behind {newest}, a time that the centre has signed, so it signs no receipt "
            "and no checkpoint. Put the clock right; if that time was the wrong one: zaitang-central tree trust-clock")


class NoTimeToTrust(BadInput):
    text = ("the clock of this machine is set, and nothing that the centre signed is ahead of it: there is nothing to "
            "put right")


class TreeDamaged(ZaitangError):
    text = ("the centre's tree does not fit the checkpoint of size {size} that it signed: the database was damaged or "
            "changed. Nothing is signed until it is put right from a backup that is newer than that")


class NoCheckpoint(BadInput):
    text = "the centre has not signed a tree of that size"


class NotInTree(BadInput):
    text = "the tree does not hold that yet, or there is no such thing"


class BadWitness(BadInput):
    text = "{path}: witnesses: {key} is not the key of a witness: {why}"


class UnknownWitness(BadInput):
    text = "no witness that this centre knows has signed it"


class OtherTree(BadInput):
    text = "the centre signed another tree of that size"


class NoStamp(ZaitangError):
    text = "the time-stamping authority {url} gave no token: {why}"


class NoSuchBox(BadInput):
    text = "no box {device} has introduced itself to this centre: see `zaitang-central box list`"


class BadDays(BadInput):
    text = "an order holds for 1 to {most} days"


class BadHash(BadInput):
    text = "{value} is no SHA-256 of a file: 64 hex digits, small letters"


class FilesNotOfBox(BadInput):
    text = "no accepted record of {device} in its present database names these files: {files}"


class TooManyFiles(BadInput):
    text = "one order names {most} files at most"


class NothingWanted(BadInput):
    text = "there is no file of {device} that is not here already; name files to have them sent again"


class HeldByObjection(BadInput):
    text = "dispute {dispute} belongs to objection {objection}, which is open: answer that, and it ends with it"


class BadObjection(BadInput):
    text = "say what the objection is, or what is answered, in 1 to {limit} characters that can be seen"


class WhoObjects(BadInput):
    text = "an objection is of a school, or of one trainee: say which, and of a trainee who"


class NoObjection(BadInput):
    text = "class {class_id} has no objection {objection}"


class ObjectionOver(BadInput):
    text = "objection {objection} of class {class_id} has come to its end: whoever objects again raises another one"


class NotDecided(BadInput):
    """A decision that was refused; nothing was kept."""


class SayAll(NotDecided):
    text = "whoever decides says everything: {needed}"


class NothingToDecide(NotDecided):
    text = "class {class_id} has neither a flag nor a review that is required: there is nothing to decide"


class ClassNotOver(NotDecided):
    text = "class {class_id} is not over, or records of it are still to come: nobody decides about it yet"


class FindingsChanged(NotDecided):
    text = "the findings of class {class_id} are other ones now than those that were shown: look at them again"


class NoGround(NotDecided):
    text = (
        "{have} recordings do not show everyone, and the consequence needs {limit}: what is undecided must be reviewed "
        "first, for it speaks against nobody"
    )


class FirstRuns(NotDecided):
    text = "{by} made the first decision about class {class_id}: what follows is the second one, by somebody else"


class DecidedAlready(NotDecided):
    text = "two persons have decided about class {class_id}, and what they decided on is still so"


class NoFirst(NotDecided):
    text = "there is no first decision about class {class_id} on these findings: the first one comes first"


class SamePerson(NotDecided):
    text = "{by} made the first decision: the second one is somebody else's"


class HasReviewed(NotDecided):
    text = "{by} reviewed a recording of class {class_id}: the second decision is that of somebody who did not"


class ObjectionOpen(NotDecided):
    text = "objection {objection} of class {class_id} is open: it comes to its end before the second decision"


class BadTarget(BadInput):
    text = "{url} is no address to tell events to: https://, a name, no user and no password"


class NoTarget(BadInput):
    text = "centre.toml names no target {target} under [[webhook.targets]]"


class WebhookRuns(BadInput):
    text = "events of {folder} are being told by another process already"


class BadAccountName(BadInput):
    text = ("{name} cannot be the name of an account or institution: small letters, digits and . _ - , at most 64, the "
            "first a letter or digit")


class NoSuchRole(BadInput):
    text = "{role} is no role: supervisor, institution, auditor or administrator"


class BadScope(BadInput):
    text = "that scope does not fit: {why}"


class BadRegion(BadInput):
    text = "{region} is no region: six digits, like 411202"


class BadInstitutionName(BadInput):
    text = "an institution has a name of 1 to {limit} characters that can be seen"


class UnknownInstitution(BadInput):
    text = "there is no institution {institution} at this centre"


class UnknownAccount(BadInput):
    text = "there is no account {account} at this centre"


class AccountExists(BadInput):
    text = "there is an account {account} already; nothing was changed"


class LastAdministrator(BadInput):
    text = "{account} is the last administrator who can log in: make another one first"


class BadPassword(BadInput):
    text = "that cannot be the password: {why}"


class NotThePassword(BadInput):
    text = "that is not the password you have now"


class NobodyTypes(BadInput):
    text = "nobody can type a password here: put it into a file and name that with --password-file"


class NotTheCode(BadInput):
    text = "that code is not right, or was used before: type the next one that the app shows"


class LinkOver(BadInput):
    text = "this link does not hold any more: it was used, or is older than a day; ask an administrator for another"


class SignInRefused(BadInput):
    text = "the account or the password is not right"


class TooManyWrong(BadInput):
    text = "too many wrong tries: wait {minutes} minutes and try again"


class BadLabel(BadInput):
    text = "say what the token is for: 1 to {limit} characters in one line"


class TooManyTokens(BadInput):
    text = "an account has {limit} tokens at most: revoke one that is used no longer"


class BadQuery(BadInput):
    text = "not as /api/openapi.json describes it: {names}"


class NotSignedIn(ZaitangError):
    text = "log in first"


class NotAllowed(ZaitangError):
    text = "your account may not do this"


class BadForm(ZaitangError):
    text = "this form was not made for you, or is too old: open the page again and send it once more"


class BadServing(BadInput):
    text = "the console cannot be served with that certificate and key: {why}"


class BadText(BadInput):
    text = "{key}: 1 to {limit} characters that can be seen are needed"


class BadWhen(BadInput):
    text = "{key}: {value} is not a time like 2026-03-02T08:30:00"


class NothingChosen(BadInput):
    text = "choose one of the answers that are offered"


class BadNumber(BadInput):
    text = "{key}: a whole number from 0 to {limit} is needed"


class BadSeconds(BadInput):
    text = "{value} is no number of seconds from the beginning of the file"


class NotAPaper(BadInput):
    text = "this file is no PNG, JPEG or PDF"


class PaperTooLarge(BadInput):
    text = "this file is too large: at most {limit} bytes"


class PaperNotKept(BadInput):
    text = "the paper cannot be kept at the centre: {why}"


class SheetAsked(BadInput):
    text = "box {device} was asked for this contact sheet already: it is on its way, or here"


class SheetNotHere(BadInput):
    text = "this contact sheet is not here, or not any more: ask the box for it"


class NoReason(BadInput):
    text = "say why you look: it goes on record with your account"


class UnknownPaper(BadInput):
    text = "there is no such paper of this class here"


class SignedTwice(BadInput):
    text = "sign in one way only: drawn, typed or scanned"


class PaperNeeded(BadInput):
    text = "the file names {name} as its source: upload that, too"


class NoFacts(BadInput):
    text = "choose the filled-in template (.toml)"


class EndsBefore(BadInput):
    text = "end comes before start"


class NotYet(BadInput):
    text = "{key} has not come yet: state it once it is over"


class NoClassHours(BadInput):
    text = "class {class_id} has no class-hours on {date}: look at its plan with `zaitang-central class show`"


class OnlyAtOpening(BadInput):
    text = "numbers and people are vouched for at the opening only: kind = \"opening\""


class NoInspection(BadInput):
    text = "no inspection {inspection} of class {class_id} is on record that could be put right"


class MoreThan(BadInput):
    text = "{part} is {count}, more than {whole}, which is {most}"


class NoTrainee(BadInput):
    text = "{person} is no trainee of class {class_id}"


class OnlyThePart(BadInput):
    text = "for rule {rule} exactly the table [{part}] is needed, and no other"


class RuleOff(BadInput):
    text = "policy {policy} has no rule {rule}; nothing would read it"


class NoSuchMakeUp(BadInput):
    text = "class {class_id} has no make-up class-hour {hour}"


class UnknownCap(BadInput):
    text = "cap is {cap}; the policy knows {caps}"


class OwnLinkOver(BadInput):
    text = ("this link does not hold any more, or was opened before: show “my record” at the terminal again and scan"
            " the new code; if a fresh one is refused, the clock of the terminal may be wrong: tell your school")


class VisitOver(BadInput):
    text = "your visit has ended: show “my record” at the terminal and scan the code again"


class TooManyVisits(BadInput):
    text = "you have opened your record very often just now: wait {minutes} minutes and try again"


class TooManyObjections(BadInput):
    text = ("you have raised an objection a moment ago, or {open} of yours wait for an answer: that is as many as this"
            " page takes; speak to the supervising office")


class SurveyRuns(BadInput):
    text = "a survey of class {class_id} is open already: it must be closed first"


class SurveyEarly(BadInput):
    text = "the last class-hour is not over yet: say that you open the survey before it all the same"


class SurveyAgain(BadInput):
    text = "class {class_id} has been asked already: only a supervisor opens another survey"


class SurveyNobody(BadInput):
    text = "class {class_id} has no trainees now: there is nobody to ask"


class BadSurveyEnd(BadInput):
    text = "a survey ends on a day from today on, at most {days} days ahead, written like 2026-04-02"


class NoSurvey(BadInput):
    text = "no survey of class {class_id} is open"


class NoSheet(BadInput):
    text = "this survey is answered from the own records: there is no sheet to print"


class UnknownTicket(BadInput):
    text = "this ticket is not known: it was replaced by a newer sheet, or the address is not complete"


class TicketUsed(BadInput):
    text = "this ticket was used already: each one is for one answer"


class SurveyClosed(BadInput):
    text = "this survey is closed: no more answers are taken"


class TicketGone(BadInput):
    text = "you have had your ticket for this survey already: open the page that it led to"


class BadAnswer(BadInput):
    text = "answer each of the {items} questions with one of the five choices"


class AnswerTooLong(BadInput):
    text = "what you wrote is too long, or has signs that cannot be seen: at most {limit} characters"


class BadPlaceInList(BadInput):
    text = "this place in the list is not there any more; begin at the first page"


class BadFilter(BadInput):
    text = "{field} is not understood: {why}"
