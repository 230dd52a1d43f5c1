"""The addresses of sources: their scheme, whether they are live, and how they may be shown: never with a password."""
from __future__ import annotations

import re

LIVE = ("rtsp", "rtsps", "v4l2", "gst", "picamera2")
HIDDEN = "***"
_LOGIN = re.compile(r"//\S*@")
_SECRET = re.compile(
    r"((?<![a-z])(?:user(?:name|-id|-pw)?|usr|login|pass(?:word|wd)?|pwd?|psw|token|key|auth|secret)=)[^&;!\s]*", re.I)
LONGEST = 200


def scheme_of(url: str) -> str:
    """What stands before the first colon, in lower case."""
    return url.partition(":")[0].lower()


def is_live(url: str) -> bool:
    """Whether it runs on the real clock: a camera, no file."""
    return scheme_of(url) in LIVE


def shown(url: str) -> str:
    """The address for errors, status and screens: who logs in, and with what, is left out."""
    hidden = _SECRET.sub(rf"\1{HIDDEN}", _LOGIN.sub(f"//{HIDDEN}@", url))
    return hidden if len(hidden) <= LONGEST else f"{hidden[:LONGEST]}…"
