"""The addresses of sources: their scheme, whether they are live, and how they may be shown: never with a password.

Where a password may stand is not guessed: only what is no login is shown. Of a network address that is scheme, host,
port and path, of a pipeline the names of its elements.
"""
from __future__ import annotations

import itertools
import re
import shlex

NETWORK = ("rtsp", "rtsps")
LIVE = (*NETWORK, "v4l2", "gst", "picamera2")
LOCAL = ("file", "v4l2", "picamera2")
HIDDEN = "***"
LONGEST = 200
SHORT = 2
"""A value not longer than that is no password, and stands in too many words."""
_NETWORK = re.compile(
    r"([a-z][a-z0-9+.-]*://)(?:[^/?#]*@)?((?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)"
    r"(/[^?#@]*)?(?:[?#][^@]*)?", re.I)
"""Scheme, host and path (RFC 3986, 3). An @ behind the host: an unescaped / ? or # in a password makes a part of it
look like a host or a path, so nothing of it is one."""
_PLAIN = re.compile(r"[\w./~%+-]*")
_ELEMENT = re.compile(r"[a-z][a-z0-9_-]*")
_LOGIN = re.compile(r"//\S*@")


def scheme_of(url: str) -> str:
    """What stands before the first colon, in lower case."""
    return url.partition(":")[0].lower()


def is_live(url: str) -> bool:
    """Whether it runs on the real clock: a camera, no file."""
    return scheme_of(url) in LIVE


def names_host(url: str) -> bool:
    """Whether a network address names a host that can be told from who logs in."""
    return _NETWORK.fullmatch(url) is not None


def host_of(url: str) -> str:
    """The host of a network address, without its port; empty where it cannot be told."""
    found = _NETWORK.fullmatch(url)
    return "" if found is None else re.sub(r":\d+$", "", found[2]).strip("[]")


def shown(url: str) -> str:
    """The address for errors, status and screens: who logs in, and with what, is left out."""
    scheme = scheme_of(url)
    if scheme == "gst":
        text = f"gst:{' ! '.join(elements(url.partition(':')[2])) or HIDDEN}"
    elif scheme in LOCAL or not re.search(r"[:@=]", url):
        text = url
    else:
        text = _network(url)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def links(pipeline: str) -> list[list[str]]:
    """The words of a GStreamer pipeline, link by link. Raises ValueError when its quotation marks do not match."""
    found: list[list[str]] = [[]]
    for word in shlex.split(pipeline):
        if word == "!":
            found.append([])
        else:
            found[-1].append(word)
    return found


def elements(pipeline: str) -> list[str]:
    """The names of a pipeline's elements, in order; none where it cannot be read."""
    try:
        return [words[0] for words in links(pipeline) if words and _ELEMENT.fullmatch(words[0])]
    except ValueError:
        return []


def without_values(text: str, pipeline: str) -> str:
    """What GStreamer says of a pipeline, without what the pipeline sets: any of it may be a password."""
    for value in sorted(_values(pipeline), key=len, reverse=True):
        if len(value) > SHORT:
            text = text.replace(value, HIDDEN)
    return _LOGIN.sub(f"//{HIDDEN}@", text)


def _values(pipeline: str) -> set[str]:
    """What stands behind each equals sign, with or without spaces around it."""
    found = set()
    for words in links(pipeline):
        for word, after in itertools.pairwise([*words, ""]):
            _, sign, value = word.partition("=")
            if sign:
                found.add(value or after)
            elif after.startswith("=") and len(after) > 1:
                found.add(after[1:])
    return found


def _network(url: str) -> str:
    found = _NETWORK.fullmatch(url)
    if found is None:
        begins = re.match(r"[a-z][a-z0-9+.-]*://", url, re.I)
        return f"{scheme_of(url)}:{HIDDEN}" if begins or scheme_of(url) in NETWORK else HIDDEN
    scheme, host, path = found[1], found[2], found[3] or ""
    kept = _PLAIN.match(path)
    if kept is not None and kept.end() < len(path):
        # Some cameras take the login in the path: /user=admin&password=…
        path = f"{path[:path.rfind('/', 0, kept.end()) + 1]}…"
    return f"{scheme}{host}{path}"
