"""An RTSP camera whose pictures say when they were taken. Run by the system's Python, which has GStreamer's bindings:

    python3 clock_camera.py

It serves /cam on a free port of every address of its network namespace, and prints the port once it listens. All who
look see the same stream, of some BITRATE thousand bits a second.
"""
import time
from typing import Any

import clock_picture
import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

FPS = 15
KEY_EVERY = 15
"""Pictures from one keyframe to the next."""
PIPELINE = (
    "( appsrc name=clock is-live=true do-timestamp=true format=time "
    f"caps=video/x-raw,format=I420,width={clock_picture.WIDTH},height={clock_picture.HEIGHT},framerate={FPS}/1 "
    f"! x264enc tune=zerolatency speed-preset=ultrafast sliced-threads=false threads=1 "
    f"key-int-max={KEY_EVERY} pass=qual quantizer=26 "
    "! video/x-h264,profile=constrained-baseline ! rtph264pay name=pay0 pt=96 config-interval=-1 )")


def main() -> None:
    Gst.init(None)
    server, factory = GstRtspServer.RTSPServer(), GstRtspServer.RTSPMediaFactory()
    server.set_address("0.0.0.0")
    server.set_service("0")
    factory.set_launch(PIPELINE)
    factory.set_shared(True)
    factory.connect("media-configure", _configured)
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def _configured(_factory: Any, media: Any) -> None:
    clock = media.get_element().get_by_name("clock")
    GLib.timeout_add(1000 // FPS, _push, clock)


def _push(clock: Any) -> bool:
    """Another picture; no more once nobody looks."""
    picture = clock_picture.draw(time.time_ns() // 1_000_000)
    buffer = Gst.Buffer.new_allocate(None, len(picture), None)
    buffer.fill(0, picture)
    return bool(clock.emit("push-buffer", buffer) == Gst.FlowReturn.OK)


if __name__ == "__main__":
    main()
