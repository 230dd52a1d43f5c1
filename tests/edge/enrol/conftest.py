"""What tests of enrolment share: packs that tell no pose or the pose that a test says, a guide, a text of consent."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from common.sheets import Name, seal_sheet
from edge.enrol.card import NoReaderHere
from edge.enrol.errors import NotConfirmed
from edge.enrol.guide import Guide
from edge.enrol.guided import Place
from edge.enrol.pins import Pins
from edge.plans import newest_orders
from edge.vision.liveness import GESTURES, FaceMesh, PassiveScore
from edge.vision.pack import Face, Pack
from edge.wiring import Box

CLASS = "class-1"
PEOPLE = {
    "p-1": "王秀英", "p-2": "李强", "p-3": "欧阳建国", "p-4": "赵敏", "p-5": "周芷若", "p-6": "张无忌", "p-7": "柯林斯",
}


class NoPose:
    """The pack that comes with the packages, as one that cannot tell how a head stands: it asks for the front only."""

    challenge: frozenset[str] = frozenset()

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pack, name)

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        return None


class Posed(NoPose):
    """The same, but heads stand and live as the test says."""

    challenge = GESTURES
    liveness = "passive"

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack)
        self.head = FaceMesh(0.0, 0.0, 0.0, 100_000, 100_000, 0)
        self.live_ppm = 990_000

    def turn(self, yaw: float = 0.0, pitch: float = 0.0) -> None:
        self.head = dataclasses.replace(self.head, yaw_deg=yaw, pitch_deg=pitch)

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        return self.head

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore:
        return PassiveScore(self.live_ppm, (self.live_ppm,))


@pytest.fixture
def no_pose(builtin: Pack) -> NoPose:
    return NoPose(builtin)


@pytest.fixture
def posed(builtin: Pack) -> Posed:
    return Posed(builtin)


@dataclasses.dataclass
class Hands:
    """What a test holds in its hands: the time, and which instructor confirms (none: nobody does)."""

    now_s: float = 1000.0
    utc_us: int = 1_772_411_400_000_000
    """2026-03-02T00:30:00Z: ten minutes before the class opens."""
    instructor: str | None = "p-6"


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def named_box(face_box: Box) -> Box:
    """A box whose class has names."""
    names = {person: Name(name, "01" * 16) for person, name in PEOPLE.items()}
    face_box.store.put_names(CLASS, seal_sheet(names, face_box.keys.sealing_key, CLASS))
    return face_box


@pytest.fixture
def make_guide(named_box: Box, hands: Hands) -> Iterator[Callable[..., Guide]]:
    """A guide on the box with the pack that is given; `more`: other fields of its place."""

    def make(pack: Any, **more: Any) -> Guide:
        def confirm(class_id: str, instructor: str | None, pin: str | None) -> str:
            if hands.instructor is None:
                raise NotConfirmed()
            return hands.instructor

        store = named_box.store
        pins = Pins(store, named_box.keys.data, named_box.clock)
        place = Place(lambda: newest_orders(store.orders()), lambda: pack, confirm, NoReaderHere(),
                      lambda: hands.utc_us, lambda: hands.now_s)
        return Guide(store, pins, dataclasses.replace(place, **more))

    yield make


@pytest.fixture
def portraits(pictures: Any) -> dict[str, np.ndarray]:
    """Each of the seven as a small camera sees somebody near."""
    return {person: frame_of(image) for person, image in pictures.portraits.items()}


def frame_of(portrait: np.ndarray) -> np.ndarray:
    frame = np.full((340, 480, 3), 120, np.uint8)
    scale = 320 / portrait.shape[0]
    near = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    frame[10:330, 60 : 60 + near.shape[1]] = near[:320]
    return frame


