"""One file to the centre: ask how much of it is there, send the rest in parts, and go on after a cut where it was."""
from __future__ import annotations

import base64
import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from common.unreached import why_unreached
from edge.asking import heard
from edge.sync.client import CentreTime
from edge.sync.pace import Pace
from edge.sync.uploads import Job
from evidence.seal import Signer
from evidence.times import MINUTE, utc_text
from evidence.uploads import Upload, seal_upload

PART, CHUNK, LONGEST_ANSWER = 1 << 20, 64 << 10, 64 << 10
"""Bytes of a part, of what is read and sent at once, and that are read of an answer: nothing in its body is wanted."""
TYPES = {"segment": "video/mp4", "sheet": "application/octet-stream"}
TOKEN_US = 5 * MINUTE
ELSEWHERE = 3
"""How often the centre may say that a part belongs elsewhere."""
NOT_KEPT = {"Upload-Kept": "?0"}
"""The centre need not keep a file that it only asked for; the box does."""
NOT_WHOLE = 409
"""What is told when it ends without the centre's word that the file is whole (`Upload-Complete: ?1`)."""
Told = Callable[[Job, int], None]


class Carrier:
    """Hands files to `address` (http or https) for the box `device`, whose evidence key is `signer`.

    `centre`: the name that tokens are made out to. For one thread. `away`: why the centre did not answer the last try,
    None where it did."""

    def __init__(
        self, address: str, client: httpx.Client, device: str, centre: str, signer: Signer, pace: Pace,
    ) -> None:
        self._address, self._client = address.rstrip("/"), client
        self._device, self._centre, self._signer = device, centre, signer
        self._pace, self._time = pace, CentreTime()
        self.away: str | None = None

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def carry(self, job: Job, path: Path, told: Told) -> int:
        """Send what the centre lacks of a file: its status, 200 or 201 when it says that the whole is there. `told`
        hears how many bytes are. Raises httpx.HTTPError, OSError; whatever was sent before stays sent."""
        self.away = None
        try:
            return self._carry(job, path, told)
        except httpx.HTTPError as error:
            self.away = why_unreached(error)
            raise

    def _carry(self, job: Job, path: Path, told: Told) -> int:
        answer = self._ask(job)
        if answer.status_code != 200 or _whole(answer):
            return _outcome(answer)
        offset, elsewhere = _offset(answer), 0
        with path.open("rb") as file:
            while offset is not None and offset < job.size and elsewhere <= ELSEWHERE:
                told(job, offset)
                file.seek(offset)
                answer = self._put(job, offset, self._part(iter(lambda: file.read(CHUNK), b""), job.size - offset))
                said = _offset(answer)
                if answer.status_code == 409 and said is not None:
                    elsewhere += 1
                elif answer.status_code != 204 or said is None or said <= offset:
                    return _outcome(answer)
                offset = said
        return NOT_WHOLE

    def _ask(self, job: Job) -> httpx.Response:
        """With a token that may be refused for its time once."""
        for _ in range(2):
            answer = self._send("HEAD", job, {})
            if answer.status_code != 401:
                break
        return answer

    def _put(self, job: Job, offset: int, part: Iterator[bytes]) -> httpx.Response:
        length = min(PART, job.size - offset)
        return self._send("PUT", job, {
            "Content-Type": TYPES[job.kind], "Content-Length": str(length),
            "Content-Range": f"bytes {offset}-{offset + length - 1}/{job.size}"}, part)

    def _send(
        self, method: str, job: Job, headers: dict[str, str], part: Iterator[bytes] | None = None,
    ) -> httpx.Response:
        """The answer, of which the head is wanted."""
        headers = {**headers, **self._token(job), **({} if job.kept else NOT_KEPT)}
        with self._client.stream(method, self._where(job), content=part, headers=headers) as answer:
            self._time.learn(answer.headers.get("date"))
            heard(answer, LONGEST_ANSWER)
            return answer

    def _part(self, chunks: Iterator[bytes], left: int) -> Iterator[bytes]:
        """At most a part of what is left, at the pace that is allowed. Raises OSError when the file ends before."""
        left = min(PART, left)
        while left > 0:
            chunk = next(chunks, b"")[:left]
            if not chunk:
                raise OSError(errno.EIO, "the file is shorter than its record says")
            left -= len(chunk)
            self._pace.wait(len(chunk))
            yield chunk

    def _where(self, job: Job) -> str:
        return f"{self._address}/api/segments/{job.sha256}"

    def _token(self, job: Job) -> dict[str, str]:
        expires = utc_text(self._time.now_us() + TOKEN_US)
        token = seal_upload(Upload(1, self._device, self._centre, "PUT", job.sha256, job.size, expires), self._signer)
        return {"Authorization": "Bearer " + base64.b64encode(token).decode("ascii")}


def _outcome(answer: httpx.Response) -> int:
    return answer.status_code if _whole(answer) or not answer.is_success else NOT_WHOLE


def _whole(answer: httpx.Response) -> bool:
    return str(answer.headers.get("upload-complete")) == "?1"


def _offset(answer: httpx.Response) -> int | None:
    text = answer.headers.get("upload-offset", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None
