"""What can go wrong on a box, each as one sentence. Texts are keys of the catalogue (common/locale)."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class BadBox(BadInput):
    text = "{folder} is not a box folder: {why}"


class NoRoomCamera(BadBox):
    text = (
        "{folder}/box.toml names no room camera, so nothing can be recorded: `zaitang-edge cameras` lists those that "
        "are plugged in; add a section [[cameras]] with id and role \"room\" and its source, as the file shows"
    )


class NotToml(BadInput):
    text = "it is not TOML: a text needs quotes, a key stands once, a section in brackets ({why})"


class OfCamera(BadInput):
    """Which key of box.toml is meant (in BadShape): its first [[cameras]] is camera 1."""

    text = "camera {number}: {key}"


class BadKeys(BadInput):
    text = "the keys in {folder} cannot be used: {why}"


class NotCertified(BadKeys):
    """The box waits for the centre: there are keys, but no certificate."""


class BadCertificateFile(BadKeys):
    """Of the two files that certify a box; `why` names the file."""

    text = "the box was not certified: {why}. Give the box's certificate and the centre's keys/root.pem"


class BadKeyFile(BadKeys):
    text = "the key file {path} cannot be used: {why}"


class BadStore(BadInput):
    text = "the database {path} cannot be used: {why}"


class OtherSchema(BadStore):
    text = "the database {path} has the schema {have}; this program knows {known}"


class ForeignStore(BadStore):
    text = "the database {path} belongs to the box {device} with other keys"


class StoreUnwritable(BadStore):
    text = "the database {path} cannot be written now: {why}. Look for room on its disk"


class StoreBusy(ZaitangError):
    text = "the database is locked by another process; it is tried again"


class BadTemplate(ZaitangError):
    text = "the face description of {person} in class {class_id} cannot be read; enrol the person again"


class FaceErasing(BadInput):
    text = "the face data of {person} are being erased just now"


class FacesChanged(ZaitangError):
    text = "faces came or went on this box in this moment: please try again"


class BadVideo(BadInput):
    text = "{source} cannot be read as video: {why}"


class EmptyVideo(BadInput):
    text = "{source} holds no video"


class WrongCodec(BadInput):
    text = "{source} is {codec}; a camera must deliver H.264 or H.265"


class BadSource(BadInput):
    text = "{source} is not a source that this version can read: {why}"


class WrongVolume(BadInput):
    text = "the video folder {folder} is not the volume of this box: {why}"


class CannotWrite(BadInput):
    text = "nothing can be written in {folder}: {why}"


class VolumeFull(ZaitangError):
    text = "the video volume is full: {free_mb} MB free, {reserve_mb} MB in reserve; nothing is deleted to make room"


class VolumeAway(ZaitangError):
    text = "the video volume {folder} is not there: {why}"


class NoSecondVolume(BadInput):
    text = "box.toml names no second video volume (second under [storage])"


class CopyDiffers(ZaitangError):
    text = "{file} cannot be moved: what the second volume gives back is not what was written"


class SegmentRotten(ZaitangError):
    text = "{file} is not what its record says any more"


class WriteFailed(ZaitangError):
    text = "the video volume refused to write: {why}"


class SystemRefused(ZaitangError):
    text = "the system refused: {path}: {why}"


class BadReason(BadInput):
    text = "give a reason, in 1 to {limit} characters that can be seen"


class AlreadyRunning(BadInput):
    text = "{what} of this box is already running (process {pid})"


class StillRuns(BadInput):
    text = "this box is running (process {pid}): stop it first, with `systemctl stop zaitang-box.target`"


class PortInUse(BadInput):
    text = "port {port} on {host} is in use by another program"


class CannotListen(BadInput):
    text = "port {port} on {host} cannot be opened: {why}"


class NoRecorder(ZaitangError):
    text = "the recorder does not answer: {why}"


class BadStart(BadInput):
    """A process refused, and nothing can be recorded without it; why was said before."""

    text = "the box was not started: the process {role} refused, see above"


class BadPace(BadInput):
    text = "a pace of {pace} is not possible: 0 (as fast as it can) to {top}"


class BadLength(BadInput):
    text = "{seconds} seconds cannot be recorded: more than 0 are needed, at most {most}"


class CannotReadCa(BadInput):
    text = "the certificates that vouch for the centre cannot be read from {path} (sync.ca in box.toml): {why}"
