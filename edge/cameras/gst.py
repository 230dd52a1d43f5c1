"""GStreamer: a pipeline in a child process of ours, which writes MPEG-TS into a pipe that ffmpeg reads.

A child, because a plugin that crashes must not take the recorder with it, and nothing is linked into this process.
"""
from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Generator
from typing import IO

import av
from av.error import FFmpegError

from common.texts import N_
from edge.cameras.address import links, without_values
from edge.cameras.errors import BadAddress, NoAnswer, NoProgram, PipelineFailed
from edge.cameras.stamps import Raw
from edge.cameras.tap import OPEN_S, READ_S, Tap
from edge.child import OUTLIVES_NOBODY

LAUNCH = "gst-launch-1.0"
PACKAGES = "gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
NOT_SPLIT = N_("its quotation marks do not match")
END_S = 2.0
"""Real seconds that a child may take to end before it is killed."""
LINES, LONGEST_LINE = 50, 4096
OPTIONS = {"analyzeduration": "500000", "fpsprobesize": "0"}


def command_of(pipeline: str, name: str) -> list[str]:
    """The child's command line. The pipeline is the box's own configuration; no shell reads it. Raises BadAddress."""
    try:
        heads = [link[0].partition(",")[0] for link in links(pipeline) if link]
        words = shlex.split(pipeline)
    except ValueError:
        raise BadAddress(source=name, why=NOT_SPLIT) from None
    # Elements and formats stand first in a link; the last that names a codec makes what comes out.
    named = [codec for head in heads if "=" not in head for codec in ("264", "265") if codec in head]
    parser = "h265parse" if named and named[-1] == "265" else "h264parse"
    return [LAUNCH, "-q", *words, "!", parser, "config-interval=-1", "!", "mpegtsmux", "!", "fdsink", "fd=1"]


def need_programs(name: str) -> None:
    """Raises NoProgram when a program is not installed."""
    for program, packages in ((LAUNCH, PACKAGES), (OUTLIVES_NOBODY[0], "util-linux")):
        if shutil.which(program) is None:
            raise NoProgram(source=name, program=program, packages=packages)


class GstTap(Tap):
    """The video of a pipeline that ends in H.264 or H.265."""

    def __init__(self, pipeline: str, name: str, encoded: bool = False) -> None:
        """Raises BadAddress, NoProgram."""
        super().__init__(name, encoded=encoded)
        self._pipeline, self._command = pipeline, command_of(pipeline, name)
        need_programs(name)
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def packets(self) -> Generator[Raw, None, None]:
        with self._lock:
            if self._stopped:
                return
            child = self._child = _start(self._command)
        said, pipe = _Said(child), _Pipe(child)
        try:
            with av.open(pipe, "r", format="mpegts", options=OPTIONS, metadata_errors="replace") as container:
                yield from self.demux(container)
        except (FFmpegError, EOFError):
            # A child that ends by itself says why; otherwise the bytes are to blame.
            if not pipe.stalled_s and not said.wait(child):
                raise
        finally:
            _end(child)
        if pipe.stalled_s:
            raise NoAnswer(source=self.name, seconds=round(pipe.stalled_s))
        if not self._stopped and (why := said.wait(child)):
            raise PipelineFailed(source=self.name, why=without_values(why, self._pipeline))

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._child is not None:
                _end(self._child)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    # `setpriv` asks the kernel to kill the child with the thread that started it: ours, which ends it anyhow. Python
    # code between fork and exec (preexec_fn) may lock up in a process with threads.
    # A group of its own: Ctrl-C reaches us, and we end it.
    return subprocess.Popen(
        [*OUTLIVES_NOBODY, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        bufsize=0, process_group=0)


def _end(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM to our own child; SIGKILL when it does not end."""
    child.terminate()
    try:
        child.wait(END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        # One that waits in the kernel for its device goes when that answers, and no sooner.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(END_S)


class _Pipe:
    """What the child writes, as a file to read: every wait ends. `stalled_s`: how long nothing came before it ended."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        self._handle = child.stdout.fileno()
        self._patience_s = OPEN_S
        self.stalled_s = 0.0

    def read(self, size: int) -> bytes:
        if not select.select([self._handle], [], [], self._patience_s)[0]:
            # PyAV prints an exception that comes while it opens, and drops it; an end is only an end.
            self.stalled_s = self._patience_s
            return b""
        self._patience_s = READ_S
        return os.read(self._handle, size)


class _Said:
    """The last lines of the child's stderr, read by a thread so that the child never waits for it."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._lines: deque[str] = deque(maxlen=LINES)
        self._thread = threading.Thread(target=self._read, args=(child.stderr,), name="stderr", daemon=True)
        self._thread.start()

    def wait(self, child: subprocess.Popen[bytes]) -> str:
        """The line that names the error, else the last one; empty when the child runs on or said nothing."""
        try:
            child.wait(END_S)
        except subprocess.TimeoutExpired:
            return ""
        self._thread.join(END_S)
        lines = list(self._lines)
        return next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "")

    def _read(self, stream: IO[bytes]) -> None:
        while line := stream.readline(LONGEST_LINE):
            if text := line.decode(errors="replace").strip():
                self._lines.append(text)
