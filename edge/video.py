"""Opening a video file, and what is wrong with one that cannot be read: one sentence, in words that are translated."""
from __future__ import annotations

from pathlib import Path

import av
from av.error import FFmpegError

from common.texts import N_
from edge.errors import BadVideo, EmptyVideo

NO_VIDEO = N_("it is damaged or no video file")


def open_video(path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    """The file and its first video stream; the caller closes the file. Raises BadVideo, EmptyVideo."""
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise EmptyVideo(source=path)
        # Whoever made the file may have named it in another encoding.
        container = av.open(str(path), "r", metadata_errors="replace")
    except (FFmpegError, OSError, ValueError) as error:
        raise bad_video(path, error) from None
    if not container.streams.video:
        container.close()
        raise EmptyVideo(source=path)
    # Of a codec that it does not know PyAV makes a stream without a context.
    if container.streams.video[0].codec_context is None:
        container.close()
        raise BadVideo(source=path, why=NO_VIDEO)
    return container, container.streams.video[0]


def bad_video(path: Path, error: Exception) -> BadVideo:
    """What PyAV raised, as our error: the system's own words, or that this is no video."""
    why = None if isinstance(error, ValueError | EOFError) else getattr(error, "strerror", None)
    return BadVideo(source=path, why=why or NO_VIDEO)
