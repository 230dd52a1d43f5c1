"""Parsers of video and models on a box: fragments, access units, any video file, weights and their manifests."""
from __future__ import annotations

import contextlib
import functools
import io
import itertools
import socket
import tempfile
import threading
import time
import zipfile
from importlib import resources
from pathlib import Path

import av
import numpy as np

from edge.cameras.address import links, shown, without_values
from edge.cameras.annexb import format_of, is_key, is_whole, length_size, parameter_sets
from edge.cameras.errors import StreamEnded
from edge.cameras.file import open_file
from edge.cameras.relay import ALL, Relay
from edge.cameras.relayed import RelayedSource
from edge.clock import AutojumpClock, SystemClock
from edge.control.server import listening
from edge.errors import BadVideo, EmptyVideo, WrongCodec
from edge.models.errors import HoldsCode, ModelBroken, NotMiniFASNet, NotTensors
from edge.models.manifest import load_manifest, pack_ids, parse_manifest, with_brought
from edge.models.minifasnet import to_onnx
from edge.models.torch_file import read_tensors
from edge.models.yunet import free_size
from edge.picture.fragments import Fragments, decode
from edge.picture.marks import read_marks
from edge.rollcall.frames import pictures, plan_frames
from edge.video import open_video
from edge.vision.landmarker import MEMBERS, _bundle
from evidence.errors import BadShape
from evidence.shape import MAX_TEXT
from evidence.times import SECOND
from tests.central.helpers import MORNING, segment_of
from tests.common.test_hls import FILM
from tests.edge.models.pth import small_net, write_pth
from tests.fuzz.parser import Bench, Parser

BROUGHT = b"""accepted = "The institution"
[[files]]
role = "detector"
name = "a.onnx"
sha256 = "%s"
size = 5
[[files]]
role = "identity"
name = "b.onnx"
sha256 = "%s"
size = 5
""" % (b"0" * 64, b"1" * 64)


def _fragments(data: bytes, bench: Bench) -> object:
    fragments = Fragments(bench.file(data, "a.mp4"))
    found = list(fragments.read(len(data)))
    return [decode(fragments.codec, one.data) for one in found[:2] if fragments.codec is not None]


@functools.cache
def _units() -> list[bytes]:
    """Access units as a camera sends them."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="h264") as out:
        stream = out.add_stream("libx264", rate=5, options={"g": "3", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 40 * index, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return [sink.getvalue()]


def _unit(data: bytes, _: Bench) -> object:
    for codec in ("h264", "hevc"):
        size = length_size(codec, data)
        is_whole(codec, parameter_sets(codec, data)), format_of(codec, data), is_key(codec, data), is_key(codec, data,
            4)
        is_key(codec, data, size)
    return None


def _video(data: bytes, bench: Bench) -> object:
    container, stream = open_video(bench.file(data, "a.mp4"))
    with container:
        return stream.width, stream.codec_context.name


def _pictures(data: bytes, bench: Bench) -> object:
    """What the roll call and the search for codes see in a segment."""
    path = bench.file(data, "a.mp4")
    plan = plan_frames(path, 500_000)
    for _, picture in itertools.islice(pictures(path, plan), 2):
        assert picture.bgr.dtype == np.uint8
    body = segment_of(data, MORNING, 3)
    return read_marks(path, body, [(0, 700_000)])


def _camera(data: bytes, bench: Bench) -> object:
    """A file that stands for a camera."""
    source = open_file(f"file:{bench.file(data, 'a.mp4')}", SystemClock(), 0)
    with contextlib.closing(source):
        return [source.read(0.0) for _ in range(40) if not source.ended]


def _address(data: bytes, _: Bench) -> object:
    text = data.decode("utf-8", "surrogateescape")[:MAX_TEXT]  # box.toml holds no longer one
    said = shown(text)
    try:
        links(text)
    except ValueError:
        return said
    return without_values(said, text)


def _manifests() -> list[bytes]:
    return [resources.files("models").joinpath(f"{pack}.toml").read_bytes() for pack in pack_ids()]


def _manifest(data: bytes, _: Bench) -> object:
    return parse_manifest(data, "a.toml").sha256


def _brought(data: bytes, _: Bench) -> object:
    return with_brought(load_manifest("insightface"), data, "a.toml")


@functools.cache
def _weights() -> list[bytes]:
    return [write_pth({"a": np.ones((2, 3), np.float32), "b": np.array(7, np.int64)}), write_pth(small_net(False))]


def _net(data: bytes, _: Bench) -> object:
    return to_onnx(data)


@functools.cache
def _task() -> list[bytes]:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as bundle:
        for name in sorted(MEMBERS):
            bundle.writestr(name, b"model")
    return [sink.getvalue()]


def _landmarks(data: bytes, bench: Bench) -> object:
    return _bundle("opencv", "a.task", bench.file(data, "a.task"))


@functools.cache
def _graph() -> list[bytes]:
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, (1, 3, 640, 640))
    said = helper.make_tensor_value_info("out", TensorProto.FLOAT, (1, 5, 1))
    graph = helper.make_graph([helper.make_node("Relu", ["input"], ["out"])], "g", [given], [said])
    return [helper.make_model(graph).SerializeToString()]


@functools.cache
def _handed_on() -> list[bytes]:
    """What a recorder hands on of two seconds of film."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        path.write_bytes(FILM)
        relay, source = Relay(Path(folder) / "packets"), open_file(f"file:{path}", AutojumpClock(0, SECOND, "ab"))
        with contextlib.closing(relay), socket.socket(socket.AF_UNIX) as line:
            line.connect(f"{folder}/packets")
            line.sendall(ALL)
            while not relay.wanted:
                time.sleep(0.01)
            while (packet := source.read(0)) is not None:
                relay.take(source.info, packet)
            line.settimeout(0.5)
            heard = b""
            with contextlib.suppress(TimeoutError):
                while data := line.recv(1 << 20):
                    heard += data
        source.close()
    return [heard]


def _relayed(data: bytes, bench: Bench) -> object:
    def send() -> None:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            line.recv(1)
            line.sendall(data)

    path = bench.folder / "packets"
    with listening(path) as server:
        thread = threading.Thread(target=send)
        thread.start()
        try:
            source = RelayedSource(path)
            with contextlib.closing(source), contextlib.suppress(StreamEnded):
                while source.read(1) is not None:
                    pass
        finally:
            thread.join()
    return source.info


PARSERS = (
    Parser("a segment, for the picture process", ("edge/picture/fragments.py",), "boxes", lambda: [FILM], _fragments,
           (BadVideo,), 100),
    Parser("an access unit of a camera", ("edge/cameras/annexb.py",), "bytes", _units, _unit, (), 60),
    Parser("packets that a recorder hands on", ("edge/cameras/relayed.py",), "bytes", _handed_on, _relayed, (BadVideo,),
           40),
    Parser("a video file", ("edge/video.py",), "boxes", lambda: [FILM], _video, (BadVideo, EmptyVideo), 60),
    Parser("the pictures of a segment", ("edge/rollcall/frames.py", "edge/picture/marks.py"), "boxes", lambda: [FILM],
           _pictures, (BadVideo, EmptyVideo), 40),
    Parser("a file that stands for a camera", ("edge/cameras/file.py",), "boxes", lambda: [FILM], _camera,
           (BadVideo, EmptyVideo, WrongCodec), 40),
    Parser("the address of a source", ("edge/cameras/address.py",), "text", lambda: [
        b"rtsp://admin:secret@10.0.0.5:554/main?x=1", b"gst:v4l2src device=/dev/video0 ! x264enc", b"file:/a/b.mp4"],
        _address, (), 60),
    Parser("the manifest of a pack", ("edge/models/manifest.py",), "toml", _manifests, _manifest, (BadShape,), 40),
    Parser("models that an institution brings", ("edge/models/manifest.py",), "toml", lambda: [BROUGHT], _brought,
           (BadShape,), 30),
    Parser("tensors (.pth)", ("edge/models/torch_file.py",), "bytes", _weights, lambda data, _: read_tensors(data),
           (NotTensors, HoldsCode), 100),
    Parser("a MiniFASNet (.pth)", ("edge/models/minifasnet.py",), "bytes", lambda: _weights()[1:], _net,
           (NotTensors, HoldsCode, NotMiniFASNet), 8),
    Parser("a bundle of landmark models (zip)", ("edge/vision/landmarker.py",), "bytes", _task, _landmarks,
           (ModelBroken,), 60),
    Parser("a graph (ONNX)", ("edge/models/yunet.py",), "bytes", _graph, lambda data, _: free_size(data), (), 40),
)
