"""What the room camera sends, from the recorder, which owns it, to whoever watches just now: a Unix socket in BOX/run.

Who connects says in one byte what it wants (ALL, KEYS), then takes messages: kind and length (HEAD), and that many
bytes. STREAM: JSON, how the stream is encoded; PACKET: times and flags (PACKET_HEAD), then an access unit in Annex B;
LOST: packets were dropped before the next one. It begins with a keyframe; another stream is another connection.
The recorder copies into a bounded queue and never waits: who is too slow loses what lies before the next keyframe.
"""
from __future__ import annotations

import base64
import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

from common.logs import Log
from edge.cameras.annexb import length_size
from edge.cameras.port import Packet, StreamInfo
from edge.control.server import listening

ALL, KEYS = b"a", b"k"
HEAD = struct.Struct(">BI")
STREAM, PACKET, LOST = 1, 2, 3
PACKET_HEAD = struct.Struct(">qqqqqII?")
"""pts, dts, media_us, duration_us, mono_us, time base (two numbers), whether it is a keyframe."""
MOST_LISTENERS = 4
QUEUE_PACKETS, QUEUE_BYTES = 500, 16 << 20
"""Twenty seconds at 25 pictures a second: who is later than that wants the newest."""
ASK_S, SEND_S = 2.0, 10.0
"""Real seconds in which a listener must say what it wants, and take some bytes."""
LOOK_S = 1.0
"""Real seconds between two looks whether a listener to whom nothing is sent is still there."""
AGAIN_S = 1.0
TOGETHER_S = 0.2
"""Real seconds of which packets are sent together: to wake two processes for each would cost more than all the rest."""


class Relay:
    """`take` every packet while `wanted`, from one thread; `close` at the end."""

    def __init__(self, path: Path) -> None:
        self.wanted = False
        """Whether anybody listens."""
        self._path, self._log = path, Log("relay")
        self._lock = threading.Lock()
        self._callers = 0
        self._listeners: tuple[_Listener, ...] = ()
        self._info: StreamInfo | None = None
        self._header = b""
        self._filter: BitStreamFilterContext | None = None
        self._closing = False
        self._socket = listening(path)
        threading.Thread(target=self._serve, name="relay", daemon=True).start()

    def take(self, info: StreamInfo, packet: Packet) -> None:
        """Copy a packet for whoever listens. Nothing is raised, and nobody is waited for."""
        try:
            self._give(info, packet)
        # Whatever is wrong with a stream or with who listens to it, the recording goes on.
        except Exception as error:
            self._log.failed("relay.failed", error)
            self._info = None
            for listener in self._listeners:
                listener.end()

    def close(self) -> None:
        """Nobody hears anything more."""
        self._closing = True
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for listener in self._listeners:
            listener.end()

    def _give(self, info: StreamInfo, packet: Packet) -> None:
        if info is not self._info:
            self._begin(info)
        if not packet.key and all(listener.keys_only for listener in self._listeners):
            return
        raw, body = packet.av, self._annexb(packet)
        base = raw.time_base or Fraction(1, 1_000_000)
        dts = raw.dts if raw.dts is not None else raw.pts or 0
        head = PACKET_HEAD.pack(
            raw.pts if raw.pts is not None else dts, dts, packet.media_us, packet.duration_us, packet.mono_us,
            base.numerator, base.denominator, packet.key)
        message = HEAD.pack(PACKET, len(head) + len(body)) + head + body
        for listener in self._listeners:
            listener.put(self._header, message, packet.key)

    def _begin(self, info: StreamInfo) -> None:
        """Another stream: who heard the one before must come again."""
        for listener in self._listeners:
            if listener.begun:
                listener.end()
        extradata = info.template.codec_context.extradata or b""
        in_file = length_size(info.codec, extradata) > 0
        self._filter = BitStreamFilterContext(f"{info.codec}_mp4toannexb", info.template) if in_file else None
        said = json.dumps({"codec": info.codec, "fps": info.fps, "encoded": info.encoded,
                           "sets": "" if in_file else base64.b64encode(extradata).decode()}).encode()
        self._header, self._info = HEAD.pack(STREAM, len(said)) + said, info

    def _annexb(self, packet: Packet) -> bytes:
        data = bytes(packet.av)
        if self._filter is None:
            return data
        copy = av.Packet(data)
        copy.is_keyframe = packet.key
        return b"".join(bytes(one) for one in self._filter.filter(copy))

    # --- in the thread

    def _serve(self) -> None:
        while not self._closing:
            try:
                line, _ = self._socket.accept()
            except OSError as error:
                if not self._closing:
                    self._log.failed("relay.unheard", error)
                    time.sleep(AGAIN_S)
                continue
            self._welcome(line)

    def _welcome(self, line: socket.socket) -> None:
        with self._lock:
            full = self._callers >= MOST_LISTENERS
            self._callers += not full
        if full:
            self._log.warning("relay.full")
            line.close()
            return
        _Listener(line, self._joined, self._left).start()

    def _joined(self, listener: _Listener) -> None:
        with self._lock:
            self._listeners = (*self._listeners, listener)
            self.wanted = True

    def _left(self, listener: _Listener) -> None:
        with self._lock:
            self._callers -= 1
            self._listeners = tuple(one for one in self._listeners if one is not listener)
            self.wanted = bool(self._listeners)


class _Listener:
    """One that listens; what it is sent waits in a bounded queue for a thread of its own."""

    def __init__(
        self, line: socket.socket, joined: Callable[[_Listener], None], left: Callable[[_Listener], None],
    ) -> None:
        self.begun = False
        """Whether it was given anything of the stream."""
        self._line, self._joined, self._left = line, joined, left
        self._ready = threading.Condition()
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self.keys_only = self._over = self._lost = False
        self._waits_for_key = True

    def start(self) -> None:
        """Begin to listen to what it wants."""
        threading.Thread(target=self._run, name="listener", daemon=True).start()

    def put(self, header: bytes, message: bytes, key: bool) -> None:
        """Queue a packet, after the `header` of its stream if it is the first; too many drop to the next keyframe."""
        if self.keys_only and not key:
            return
        with self._ready:
            if len(self._queue) >= QUEUE_PACKETS or self._bytes + len(message) > QUEUE_BYTES:
                self._queue.clear()
                self._bytes, self._waits_for_key, self._lost = 0, True, self.begun
            fits = len(message) <= QUEUE_BYTES
            if self._over or not fits or (self._waits_for_key and not key):
                return
            before = (b"" if self.begun else header) + (HEAD.pack(LOST, 0) if self._lost else b"")
            self.begun, self._waits_for_key, self._lost = True, False, False
            self._queue.append(before + message)
            self._bytes += len(before) + len(message)
            self._ready.notify()

    def end(self) -> None:
        """Let it go; what waits for it is dropped."""
        with self._ready:
            self._over = True
            self._queue.clear()
            self._bytes = 0
            self._ready.notify()

    # --- in the thread

    def _run(self) -> None:
        try:
            with self._line, contextlib.suppress(OSError):
                self._line.settimeout(ASK_S)
                wants = self._line.recv(1)
                if wants in (ALL, KEYS):
                    self.keys_only = wants == KEYS
                    self._joined(self)
                    self._line.settimeout(SEND_S)
                    self._send()
        finally:
            self._left(self)

    def _send(self) -> None:
        while True:
            with self._ready:
                waits = self._ready.wait_for(lambda: self._queue or self._over, LOOK_S)
            if waits:
                time.sleep(TOGETHER_S)
            elif self._is_gone():
                return
            with self._ready:
                if self._over:
                    return
                messages, self._queue, self._bytes = self._queue, deque(), 0
            # Not while the recorder might wait for the lock.
            self._line.sendall(b"".join(messages))

    def _is_gone(self) -> bool:
        """Whether it hung up; one that says more than it was asked is let go, too."""
        self._line.setblocking(False)
        try:
            self._line.recv(1)
        except BlockingIOError:
            return False
        finally:
            self._line.settimeout(SEND_S)
        return True
