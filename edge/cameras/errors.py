"""What can go wrong with a camera, each as one sentence. `source` is always given as `shown`: no password in it."""
from __future__ import annotations

from edge.errors import BadSource, BadVideo
from evidence.errors import BadInput


class Unreachable(BadVideo):
    text = "{source} cannot be reached: {why}"


class UnknownName(Unreachable):
    text = "{source} cannot be reached: the name {host} is not known; check it, and the network"


class NotAllowed(Unreachable):
    text = "{source} lets nobody in: check the user name and the password in its address ({why})"


class NoStream(Unreachable):
    text = "{source} has no such stream: check the path in its address ({why})"


class NoAnswer(BadVideo):
    text = "{source} does not answer: no video came for {seconds} seconds"


class NoVideo(BadVideo):
    text = "{source} sends something that is no video"


class NoKeyframe(BadVideo):
    text = "{source} sent no keyframe in {seconds} seconds: give the camera a shorter keyframe interval"


class FewKeyframes(BadVideo):
    text = ("{source} sends no keyframe for {seconds} seconds, so its video can be neither cut nor looked at and will "
            "not count: in the camera, set a keyframe (I-frame) interval of one or two seconds and switch off intra "
            "refresh and smart coding (H.264+, H.265+)")


class StreamEnded(BadVideo):
    text = "{source} ended its stream"


class StreamChanged(BadVideo):
    text = "{source} changed its picture format; it is opened again"


class NoProgram(BadVideo):
    text = "{source} needs the program {program}: install the Debian packages {packages}"


class NoLibrary(BadVideo):
    text = "{source} needs the library picamera2: install the Debian package python3-picamera2"


class PipelineFailed(BadVideo):
    text = "the pipeline of {source} failed: {why}"


class NoDevice(BadVideo):
    text = "{source} is no camera that can be used: {why}"


class BadAddress(BadSource):
    text = "{source} is no source of video: {why}"


class LivePace(BadInput):
    text = "{source} is a live camera: leave --pace out"


class NoPicture(BadInput):
    text = "no picture can be taken: {why}"
