"""Whether a face is alive, pure: what the passive check says, when gestures are asked, whether they were answered.

Two measurements, `PassiveLook` and `Challenge`, stand in the record of an attempt; every reader computes the answer
from them. Neither check convicts anybody: a refused attempt is refused, and that is all.
"""
from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from evidence.bodies import Challenge, CheckIn, Gesture, PassiveLook
from evidence.policy import LivenessRules, Policy

Liveness = Literal["live", "fake", "no_response", "bad_input", "not_checked"]
Passive = Literal["live", "fake", "unsure", "bad_input", "not_checked"]
Why = Literal["always", "unsure", "missing", "random", "again"]

PASSIVE_FLOOR_PPM = 500_000
"""A passive threshold below this is not believed: it calls live what scores as fake rather than live."""
GESTURES: tuple[Gesture, ...] = ("turn_left", "turn_right", "blink", "open_mouth")
HOLD_US: dict[Gesture, int] = {"turn_left": 100_000, "turn_right": 100_000, "blink": 350_000, "open_mouth": 350_000}
"""How long a gesture must show, from its first frame to its last: longer than a slip of one frame, and longer than
eyes blink and mouths talk by themselves, as they do in a film of anybody."""


def passive_look(scores: Sequence[int | None], threshold_ppm: int) -> PassiveLook:
    """The measurement of some frames: the score of each in ppm, None where a frame is not fit to be scored."""
    scored = sorted(score for score in scores if score is not None)
    return PassiveLook(
        frames=len(scores), bad=len(scores) - len(scored), live=sum(score >= threshold_ppm for score in scored),
        threshold_ppm=threshold_ppm, median_ppm=scored[len(scored) // 2] if scored else None,
    )


def passive_answer(look: PassiveLook | None, rules: LivenessRules, least: int) -> Passive:
    """What the passive check says. `least`: frames without which nothing is live (`min_votes` of the policy).

    *Not checked*: there was no such check, no frame, or a threshold that cannot be believed. *Bad input*: more than
    `bad_pct` of the frames could not be scored, or none could, or more are live than were scored. Of the scored ones
    at least `live_pct` pass: *live*; at most `fake_pct`: *fake*. In between, and where fewer than `least` frames were
    scored, it is *unsure*, and no more than that: a hard but real face passes in some frames, where a screen passes in
    none or by accident in one.
    """
    if look is None or look.frames == 0 or look.threshold_ppm < PASSIVE_FLOOR_PPM:
        return "not_checked"
    scored = look.frames - look.bad
    if scored <= 0 or look.live > scored or look.bad * 100 > rules.bad_pct.value * look.frames:
        return "bad_input"
    if scored < least:
        return "unsure"
    if look.live * 100 >= rules.live_pct.value * scored:
        return "live"
    return "fake" if look.live * 100 <= rules.fake_pct.value * scored else "unsure"


def challenge_why(
    rules: LivenessRules, passive: Passive, can: Collection[Gesture], draw: int, again: bool = False
) -> tuple[Why, tuple[Gesture, ...]] | None:
    """Why gestures are asked now, and which, in which order; None: none are.

    `can`: the gestures that the pack can tell. `draw`: a random number of 64 bits or more, not foreseeable.

    *Missing*: the pack has no passive check, then gestures are asked whatever the policy says. *Unsure*: asked under
    every policy. *Live*: asked of everybody (`always`), of one in `one_in` (`random`), and under every policy of
    somebody who shortly before did not look alive, or was asked and did not answer (`again`). Nothing is asked of a
    face that the passive check calls fake, or cannot see: no answer could make it live (see `liveness_of`). Nor is it
    where the pack cannot tell as many different gestures as the policy wants.
    """
    able = [gesture for gesture in GESTURES if gesture in can]
    draw, chance = divmod(draw, rules.one_in.value)
    why: Why | None = None
    if rules.challenge == "always" and passive in ("live", "unsure", "not_checked"):
        why = "always"
    elif passive == "not_checked":
        why = "missing"
    elif passive == "unsure":
        why = "unsure"
    elif passive == "live" and again:
        why = "again"
    elif passive == "live" and rules.challenge == "random" and chance == 0:
        why = "random"
    if why is None or len(able) < rules.gestures.value:
        return None
    asked: list[Gesture] = []
    for _ in range(rules.gestures.value):
        draw, index = divmod(draw, len(able))
        asked.append(able.pop(index))
    return why, tuple(asked)


def challenge_passed(challenge: Challenge, rules: LivenessRules) -> bool:
    """Whether the gestures were made as asked, by the person.

    As many different ones as the policy wants, each within its seconds, none that was not asked for, the face in view
    all along, and it was the person's in at least `alike_pct` of the frames that look ahead, and of those that show
    each gesture. The first is asked at 0, each other one when that before is done, and none is done sooner than it must
    show: other times are no measurement. A gesture is done when the face is back at rest, so there must be at least one
    frame alike before the first and one after each. No share is of more frames than there were.
    """
    asked, limit_us = challenge.asked, rules.gesture_s.value * 1_000_000
    shares = [(challenge.alike, challenge.compared), *((one.alike, one.compared) for one in asked)]
    return (
        len(asked) >= rules.gestures.value
        and len({one.gesture for one in asked}) == len(asked)
        and all(one.done_us is not None and HOLD_US[one.gesture] <= one.done_us - one.at_us <= limit_us
                for one in asked)
        and [one.at_us for one in asked] == [0, *(one.done_us for one in asked[:-1])]
        and challenge.other is None
        and challenge.lost == 0
        and challenge.alike > len(asked)
        and all(alike <= compared <= challenge.frames and alike * 100 >= rules.alike_pct.value * compared
                for alike, compared in shares)
    )


def liveness_of(checkin: CheckIn, policy: Policy) -> Liveness:
    """The answer for an attempt under a policy. Without rules the word of the record counts; without a measurement it
    counts too, but cannot vouch where the policy requires liveness: then *live* is *not checked*.

    Exactly:

    - *fake*, whatever else the record holds, when the passive check says fake. A passed challenge does not outweigh
      it under any policy: that something moved as it was asked to is what a lucky replay, a film of all gestures or
      a filter in real time does too, while only the passive check sees the screen. The frames of the challenge are
      scored with the others, so that a replay that got into the challenge by one lucky frame falls there; and by
      themselves (`ahead`), so that nobody brings in a picture after having looked alive. A real person who is taken
      for a fake comes again, or signs in by PIN.
    - *bad input* when the passive check could not see: whoever holds a face so that it cannot be scored must not get
      around it by gestures. This, too, is asked of all frames and of those of the challenge.
    - *live* when gestures were asked and answered (`challenge_passed`) and passive is live, unsure or not there; also
      without gestures when passive is live and the policy does not ask everybody.
    - *no response* when gestures were asked and not answered so: nothing, another gesture, too late, another face.
    - *not checked* otherwise: what the policy wants was not done, or life was measured of other frames than those that
      name the person (`_of_the_person`).
    """
    rules = policy.liveness
    if rules is None:
        return checkin.liveness
    if checkin.passive is None and checkin.challenge is None:
        return "not_checked" if checkin.liveness == "live" and policy.liveness_required else checkin.liveness
    challenge, least = checkin.challenge, policy.checkin.min_votes.value
    passive = passive_answer(checkin.passive, rules, least)
    ahead = passive_answer(challenge.ahead, rules, least) if challenge is not None else "not_checked"
    if "fake" in (passive, ahead):
        return "fake"
    if "bad_input" in (passive, ahead):
        return "bad_input"
    if challenge is not None and not challenge_passed(challenge, rules):
        return "no_response"
    shown = challenge is not None or (passive == "live" and rules.challenge != "always")
    return "live" if shown and _of_the_person(checkin) else "not_checked"


def _of_the_person(checkin: CheckIn) -> bool:
    """Whether the frames of which life was measured are those that name the person: the votes of the window, and in a
    challenge those alike; and whether each gesture was compared with the person at all. Of records of before, which do
    not say it (`named`), it is believed."""
    challenge = checkin.challenge
    if not checkin.named:
        return True
    if challenge is not None and not all(one.compared for one in challenge.asked):
        return False
    if checkin.passive is None:
        return True
    if challenge is None:
        return checkin.passive.frames == checkin.votes
    ahead = challenge.ahead
    return (ahead is not None and ahead.frames == challenge.alike
            and checkin.passive.frames == checkin.votes + ahead.frames)
