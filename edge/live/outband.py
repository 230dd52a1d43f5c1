"""H.265 without parameter sets in its pictures, as a file named `hvc1` has it: they stand in its header alone (ISO/IEC
14496-15, 8.4.1.1 of the edition of 2019). Cameras repeat them at each keyframe."""
from __future__ import annotations

import av

from edge.cameras.annexb import SETS, length_size, nal_units, without_sets
from edge.errors import BadVideo

HEVC = "hevc"


class SetsChanged(BadVideo):
    text = "the parameter sets of {source} are not those with which its stream began"


class OutOfBand:
    """`take` each packet in order. `template`: the stream whose parameters become the header."""

    def __init__(self, template: av.VideoStream) -> None:
        self._sets = template.codec_context.extradata or b""
        self._length_size = length_size(HEVC, self._sets)

    def take(self, packet: av.Packet[av.VideoStream]) -> av.Packet[av.VideoStream]:
        """The packet without them. Raises SetsChanged for those that the header lacks."""
        unit = bytes(packet)
        told = [nal for kind, nal in nal_units(HEVC, unit, self._length_size) if kind in SETS[HEVC]]
        if not told:
            return packet
        if any(nal not in self._sets for nal in told):
            raise SetsChanged(source="camera")
        bare = av.Packet(without_sets(HEVC, unit, self._length_size))
        bare.pts, bare.dts, bare.is_keyframe = packet.pts, packet.dts, packet.is_keyframe
        if packet.time_base is not None:
            bare.time_base = packet.time_base
        return bare  # type: ignore[return-value]
