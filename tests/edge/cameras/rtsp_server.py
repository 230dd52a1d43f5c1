"""An RTSP server that stands for a camera. Run by the system's Python, which has GStreamer's bindings:

    python3 rtsp_server.py PORT PIPELINE [USER PASSWORD]

It serves the pipeline at rtsp://127.0.0.1:PORT/cam (PORT 0: a free one), on every address of its network namespace, and
prints its port once it listens. Of two pipelines with || between them the second one is at /sub.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main(port: str, pipeline: str, user: str = "", password: str = "") -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("0.0.0.0" if user == "any" else "127.0.0.1")
    server.set_service(port)
    for path, launched in zip(("/cam", "/sub"), pipeline.split("||"), strict=False):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {launched} )")
        factory.set_shared(True)
        if password:
            _lock(server, factory, user, password)
        server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def _lock(server: object, factory: object, user: str, password: str) -> None:
    """Let in only who names the user and the password."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    rights = GstRtspServer.RTSPPermissions()
    rights.add_permission_for_role("user", "media.factory.access", True)
    rights.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(rights)


if __name__ == "__main__":
    main(*sys.argv[1:])
