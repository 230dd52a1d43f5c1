"""What `zaitang-verify` says beyond the errors of the evidence format: about files, folders and its own arguments."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError


class NotEvidence(BadInput):
    text = "{path} cannot be read as evidence: {why}"


class OtherVolume(BadInput):
    text = "--video {path}: that is the volume of another box, {owner}; this is the folder of {device}"


class BadRoot(BadInput):
    text = "--root {value}: it is neither a fingerprint of 64 hex digits nor a PEM file of an Ed25519 root: {why}"


class CannotWrite(BadInput):
    text = "the result cannot be written to {path}: {why}"


class WrongRoot(VerificationError):
    text = "signed under the root {have}, not under the one that was given: {want}"


class FileMissing(VerificationError):
    text = "{file} is missing"


class FileRefused(VerificationError):
    text = "{file} was not read: {why}"


class LineChanged(VerificationError):
    text = "line {line} of {file} was changed: {why}"


class RowChanged(VerificationError):
    text = "row {seq} of {file} was changed: {why}"


class ManifestChanged(VerificationError):
    text = "manifest.json is not the export that the centre sealed: {why}"


class PolicyChanged(VerificationError):
    text = "policy.toml was changed: it is not the policy that the export names"


class PolicyUnreadable(VerificationError):
    text = "the policy cannot be used: {why}"


class OtherPolicy(VerificationError):
    text = "the findings are by the policy {have}, but the plan of the class is under {want}, or under another version"


class ReceiptsChanged(VerificationError):
    text = "{file} was changed: it is not the file of receipts that the centre sealed"


class FileChanged(VerificationError):
    text = "{file} was changed: it has another hash than {manifest} says"


class FileOrManifestChanged(VerificationError):
    text = "{file} or {manifest} was changed: the one has another hash than the other says"


class FileListed(VerificationError):
    text = "{file} is missing: {manifest} names it"


class FileUnlisted(VerificationError):
    text = "{file} was added: {manifest} does not name it"


class FileForeign(VerificationError):
    text = "{file} does not belong into a bag: it was added"


class FileLeft(VerificationError):
    text = "{file} is no part of the bag: computers leave such files by themselves. Remove it, and check again"


class InfoWrong(VerificationError):
    text = "bag-info.txt does not fit the bag: its {label} should be {want}, and is {have}"


class DerivedUnreadable(VerificationError):
    text = "{file} cannot be used: {why}"


class DerivedOther(VerificationError):
    text = "{file} is of something else: its {key} should be {want}, and is {have}"


class FindingOther(VerificationError):
    text = "findings.json says of {rule}: {have}; the records give: {want}"


class WithVerdict(VerificationError):
    text = "{result} ({verdict})"


class Flagged(VerificationError):
    text = "{said}, with a flag"


class FindingGrounds(VerificationError):
    text = "findings.json says of {rule} what the records give ({have}), but with other reasons, records or numbers"


class IndexOther(VerificationError):
    text = "index.json says of record {seq} of {device} another {key} than the records"


class IndexLacks(VerificationError):
    text = "index.json leaves out the segment of record {seq} of {device}"


class IndexAdds(VerificationError):
    text = "index.json names a segment {file} of {device}, which no record of the class names"


class NameWrong(VerificationError):
    text = "names.json gives {who} a name to which no plan and no roster event of the class commits"


class CentreIsABox(VerificationError):
    text = "{device} speaks as the centre with the name or the key of a box"


class DatabaseDamaged(VerificationError):
    text = "{file} is damaged: {why}"


class SegmentMoved(VerificationError):
    text = "segment {file} of {device} is missing: the box moved it to another volume; give its folder with --video"


class SegmentResized(VerificationError):
    text = "segment {file} of {device} was changed: it has {have} bytes, record {seq} says {want}"


class SegmentSwapped(VerificationError):
    text = "segment {file} of {device} was swapped: it holds what record {seq} says of {other}"


class RecordUnreadable(VerificationError):
    text = "record {seq} of {device} cannot be used: {why}"


class SimulatedClock(VerificationError):
    text = "{count} records of {device} were made with a simulated clock, which only the demo policy accepts"


class NoStory(VerificationError):
    text = "the story of class {class_id} cannot be told: {why}"


class RolledBack(VerificationError):
    text = ("THE CENTRE WAS ROLLED BACK: it shows a tree of {size} records and showed one of {known} before. Records "
            "are gone, or hidden. Both signed checkpoints are kept: {kept}")


class TwoTrees(VerificationError):
    text = ("THE CENTRE SHOWS TWO TREES: of {size} records it signed one before, and another one now. It says one "
            "thing to some and another thing to others. Both signed checkpoints are kept: {kept}")


class HistoryChanged(VerificationError):
    text = ("THE CENTRE CHANGED ITS PAST: the tree of {size} records that it shows does not begin with the one of "
            "{known} that it showed before. Both signed checkpoints are kept, and hashes that prove it: {kept}")


class StaleTree(BadInput):
    text = ("what was shown is older than what this witness saw: a tree of {size} records, of {time}; it saw one of"
            " {known}. An old copy of the files or of the answer proves nothing, and nothing was cosigned")


class NoTree(BadInput):
    text = ("what was shown is not the tree of that key: {why}. Whoever stands between, or a damaged file, can do that;"
            " nothing was cosigned")


class BadKey(BadInput):
    text = "{path} is not the key of a witness: {why}"


class BadLogKey(BadInput):
    text = "--log-key {value}: it is not the key of a centre's tree: {why}"


class BadState(BadInput):
    text = "{path} cannot be used as what this witness saw last: {why}. Nothing was cosigned"


class NoLog(BadInput):
    text = "the tree at {place} cannot be read: {why}"


class NotTaken(BadInput):
    text = "the centre at {place} did not take the cosignature: {why}. It is tried again at the next look"


class WitnessRuns(BadInput):
    text = "another witness works with {path}"


class TreeProofMissing(VerificationError):
    text = "the centre's tree does not prove the end of the chain of {device}: {file} is missing"


class TreeProofWrong(VerificationError):
    text = "{file} does not hold: {why}"


class SeenForged(VerificationError):
    text = "record {seq} of {device} names a checkpoint that the centre did not sign so: {why}"


class TreeShrank(VerificationError):
    text = ("the centre was rolled back, or shows two trees: record {seq} of {device} saw one of {known} records, "
            "which is not the beginning of the one in this export, of {size}")


class SeenTwice(VerificationError):
    text = ("THE CENTRE SHOWED TWO TREES of {size} records, both signed by it: record {seq} of {device} saw another one"
            " than record {first} of {other}")


class SeenUnproven(VerificationError):
    text = ("record {seq} of {device} saw the centre's tree of {known} records, and nothing here proves that the centre"
            " did not change or leave out any of them since")


class BadWitnessKey(BadInput):
    text = "--witness {value}: it is not the key of a witness: {why}"


class BadStampRoot(BadInput):
    text = "--stamp-root {value}: it holds no certificates: {why}"
