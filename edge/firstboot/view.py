"""What the screen of a new box shows, from what is known of it. Pure."""
from __future__ import annotations

import dataclasses
from typing import Any, Literal

from common.texts import N_, translate
from edge.models.choice import Choice

State = Literal["asking", "no_centre", "away", "stranger", "introduced", "waiting", "approved", "refused", "done"]
GROUP = 4
SAYS: dict[State, str] = {
    "asking": N_("This box is looking for its centre …"),
    "no_centre": N_("This box does not know its centre"),
    "away": N_("The centre cannot be reached"),
    "stranger": N_("Whoever answers is not the centre of this box"),
    "introduced": N_("A new box. Claim it at the centre"),
    "waiting": N_("This box is claimed as {device}, room {room}; an administrator of the centre approves it"),
    "approved": N_("Approved: {device}, room {room}"),
    "refused": N_("The centre refused this box: {why}"),
    "done": N_("The box starts. This takes a minute"),
}
STEPS: dict[State, tuple[str, ...]] = {
    "no_centre": (N_("The console of the centre shows under Boxes, Add a box what the installer is told, or what is "
                     "typed here: its address and the fingerprint of its root"),),
    "away": (N_("It is tried again by itself. Why it fails: {why}"),),
    "stranger": (N_("Nothing was told to it. Find out who answers at that address, or whether the fingerprint that the "
                    "box was given is right: {why}"),),
    "introduced": (
        N_("Scan this code with a telephone that is signed in to the centre; or open Boxes, Add a box there and type "
           "the code"),
        N_("Name the box and its room"),
        N_("Compare the fingerprint there with this one, group by group. Only if all are the same this is your box"),
    ),
    "waiting": (N_("Whoever approves compares this fingerprint with the one at the centre"),),
    "refused": (N_("With new keys it can ask again"),),
}
NO_NETWORK = N_("No network: plug in the network cable")
NO_CLOCK = N_("The clock is not set yet: it needs a time server in the network. What is recorded counts only once it "
              "is set")


@dataclasses.dataclass(frozen=True)
class Known:
    """`code`, `serial`, `keyid`: of this machine; `network`, `clock`: whether there is one, and whether it is set;
    `why`: what failed, or the reason of a refusal, in each language; `asks_centre`: whether one may be typed here;
    `choice`: the model pack that an approved box is going to have, where nobody named one."""

    state: State
    code: str
    serial: str
    keyid: str
    network: bool
    clock: bool
    device: str = ""
    room: str = ""
    why: dict[str, str] = dataclasses.field(default_factory=dict)
    console: str | None = None
    asks_centre: bool = False
    choice: Choice | None = None


def told(known: Known, lang: str) -> dict[str, Any]:
    """The words of the screen, and what its code opens on a telephone."""
    params = {"device": known.device, "room": known.room or "—", "why": known.why.get(lang, "")}
    lacks = [] if known.network else [translate(NO_NETWORK, lang)]
    lacks += [] if known.clock else [translate(NO_CLOCK, lang)]
    packs = [] if known.choice is None else known.choice.words(lang)
    if known.choice is not None and not known.choice.is_well:
        lacks, packs = lacks + packs, []
    return {
        "packs": packs, "state": known.state, "title": translate(SAYS[known.state], lang, **params), "lacks": lacks,
        "steps": [translate(one, lang, **params) for one in STEPS.get(known.state, ())],
        "asks_centre": known.asks_centre, "code": known.code, "serial": known.serial,
        "fingerprint": [known.keyid[at:at + GROUP] for at in range(0, len(known.keyid), GROUP)],
        "scan": known.code if known.console is None else f"{known.console.rstrip('/')}/boxes/new?code={known.code}",
        "shows_code": known.state in ("introduced", "away", "asking", "no_centre", "stranger"),
    }
