"""Orders of a centre to one box, and what the box answers: their bodies, and when an order is taken."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from evidence.records import ChainId, Count, Id, Sha256, Stamp, Utc
from evidence.shape import Between, Match
from evidence.times import utc_us

Console = Annotated[str, Match(
    r"https://[A-Za-z0-9.:\[\]-]{1,255}/?|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?/?",
    "an address like https://centre.example, without a path")]
"""Where telephones reach the console: by TLS, but on the machine itself."""
MOST_WANTED = 1000
"""So many files are asked for by one order."""
Why = Literal["", "not_newer", "expired", "unknown_kind", "unclear", "other_chain", "no_road", "no_class", "no_block",
              "not_over", "no_roll_call", "no_camera", "no_person"]
"""Why an order is refused; nothing for one that is accepted."""
KINDS = ("upload", "settings", "revocation", "sheet", "watch", "erase", "release")
MOST_LIVE_S = 1800
"""Seconds for which one order has live pictures sent."""


@dataclasses.dataclass(frozen=True)
class WantedFile:
    """The file of a segment: the number of its record, and its hash."""

    seq: Count
    sha256: Sha256


@dataclasses.dataclass(frozen=True)
class WantedUpload:
    """Files that the centre wants now, recorded in this chain of the box."""

    chain: ChainId
    files: tuple[WantedFile, ...]


@dataclasses.dataclass(frozen=True)
class BoxSettings:
    """What an institution may set from afar. They hold instead of what box.toml says, until the next order of this
    kind; what is null in it is box.toml's again. `upload`: whether all video goes to the centre or what it asks for;
    `upload_kbit`: thousand bits a second that video may take; `console`: the address of the centre that trainees'
    telephones open."""

    lang: Literal["zh", "en"] | None = None
    voice: bool | None = None
    upload: Literal["all", "asked"] | None = None
    upload_kbit: Annotated[int, Between(64, 10_000_000)] | None = None
    console: Console | None = None


@dataclasses.dataclass(frozen=True)
class Revocation:
    """Keys of a box that are not believed any more, for good: of the box that is told, or of another one."""

    device: Id
    keyids: tuple[Sha256, ...]
    reason: str


@dataclasses.dataclass(frozen=True)
class WantedSheet:
    """The contact sheet of one block of a class, drawn in `lang` for the account `by`, and sealed to `to_key`: the
    X25519 public key of the centre, hex."""

    class_id: Id = dataclasses.field(metadata={"key": "class"})
    block: Id
    to_key: Sha256
    lang: Literal["zh", "en"]
    by: Id


@dataclasses.dataclass(frozen=True)
class WantedLive:
    """Live pictures of one camera, from when the box takes the order, for at most `seconds` and while somebody watches:
    video, or single pictures. `by`: the account that asked first."""

    camera: Id
    form: Literal["video", "pictures"]
    seconds: Annotated[int, Between(10, MOST_LIVE_S)]
    by: Id


@dataclasses.dataclass(frozen=True)
class WantedErasure:
    """The face of a person of a class is to be erased: templates, shots and pictures from roll calls. That the person
    was on the roster stays. `by`: the account to which the person said so."""

    class_id: Id = dataclasses.field(metadata={"key": "class"})
    person: Id
    by: Id


@dataclasses.dataclass(frozen=True)
class WantedRelease:
    """The centre's word that a box may be emptied: it has everything that the chain holds up to the record `seq` with
    the hash `head`, and the files, to keep. `by`: the account that says so."""

    chain: ChainId
    seq: Count
    head: Sha256
    by: Id


@dataclasses.dataclass(frozen=True)
class BoxOrder:
    """An order to one box, a record of the centre (`order.box`). `number` rises for each box, from 1; taken until
    `expires`. The part that `kind` names is there, and no other. A box refuses kinds that it does not know."""

    device: Id
    number: Annotated[int, Between(1)]
    expires: Utc
    kind: Annotated[str, Match(r"[a-z]{1,32}", "a kind of order")]
    upload: WantedUpload | None = None
    settings: BoxSettings | None = None
    revocation: Revocation | None = None
    sheet: WantedSheet | None = None
    watch: WantedLive | None = None
    erase: WantedErasure | None = None
    release: WantedRelease | None = None

    @property
    def class_id(self) -> str | None:
        """The class that it is about, if it is about one."""
        part = self.sheet or self.erase
        return None if part is None else part.class_id

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that are there."""
        return tuple(name for name in KINDS if getattr(self, name) is not None)


@dataclasses.dataclass(frozen=True)
class OrderAnswered:
    """What the box says to an order that its centre signed for it (`order.answered`): once for each. `missing`: hashes
    of wanted files that are not on the box."""

    order: Sha256
    number: Annotated[int, Between(1)]
    result: Literal["accepted", "refused"]
    why: Why = ""
    missing: tuple[Sha256, ...] = ()


def known_us(stamp: Stamp, vouched_us: int | None) -> int | None:
    """The latest instant that is known to be over: by the box's clock, where it is set, and by the time in the centre's
    newest receipt (UTC microseconds). None where neither says anything."""
    known = [at_us for at_us in (stamp.utc_us if stamp.clock.synced else None, vouched_us) if at_us is not None]
    return max(known, default=None)


def refusal(
    order: BoxOrder, chains: Collection[str], answered: Sequence[int], now_us: int | None, road: bool,
) -> Why:
    """Why the box does not take an order that is signed for it. `chains`: those that it has, the present one and ones
    of before; `answered`: the numbers that it has answered in them; `now_us`: as `known_us` says; `road`: it has an
    address to send files to. Whether the box can make the sheet that an order wants is for `sheet_refusal`, whether it
    has the camera for `live_refusal`.

    The number alone stops a replay; `expires` stops an order that somebody held back, as far as the box knows the time:
    a clock that is not set refuses nothing. But a revocation takes belief away for good and gives none, so an old one
    does no harm. A centre that was set back to a backup states it again with a number that it does not know was used,
    and a box whose clock is ahead must not refuse it."""
    if order.revocation is None:
        if order.number <= max(answered, default=0):
            return "not_newer"
        if now_us is not None and utc_us(order.expires) <= now_us:
            return "expired"
    if order.kind not in KINDS:
        return "unknown_kind"
    if order.parts != (order.kind,):
        return "unclear"
    if order.upload is not None:
        if len(order.upload.files) > MOST_WANTED:
            return "unclear"
        if order.upload.chain not in chains:
            return "other_chain"
    if not road and any(part is not None for part in (order.upload, order.sheet, order.watch)):
        return "no_road"
    return ""


def sheet_refusal(known: bool, over_us: int | None, now_us: int | None, calls: int) -> Why:
    """Why a box makes no contact sheet. `known`: it has a plan of that class; `over_us`: the end of the block, UTC
    microseconds, None where that plan has no such block; `now_us`: as `known_us` says; `calls`: roll calls of it. Where
    nobody knows the time, nothing is over."""
    if not known:
        return "no_class"
    if over_us is None:
        return "no_block"
    if now_us is None or now_us < over_us:
        return "not_over"
    return "" if calls else "no_roll_call"


def live_refusal(wanted: WantedLive, cameras: Collection[str]) -> Why:
    """Why a box sends no live pictures. `cameras`: its room cameras."""
    return "" if wanted.camera in cameras else "no_camera"


def release_refusal(wanted: WantedRelease, own_hash: str | None) -> Why:
    """Why a box does not take the word that it may be emptied. `own_hash`: of its record with that number, if that
    chain is its present one; None: the word is about what it was before, or about what it has lost."""
    return "" if own_hash == wanted.head else "other_chain"


def erasure_refusal(known: bool, named: bool) -> Why:
    """Why a box erases no face. `known`: it has a plan of that class, or had; `named`: that person is or was of it. A
    box that holds nothing of somebody whom it knows takes the order, and says that nothing was there."""
    if not known:
        return "no_class"
    return "" if named else "no_person"
