"""Faces for the tests of the box: pictures that come with dependencies, packs, a scene as video, a box with a class."""
from __future__ import annotations

import dataclasses
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock
from edge.config import parse_box
from edge.keys import make_box_keys, self_certified
from edge.vision.pack import Pack, load_pack
from edge.wiring import Box, open_store
from evidence.bodies import ClassOrder, Enrolled, Genesis, Hour, Place, PolicyRef
from evidence.chain import next_record
from evidence.records import Sealed
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode

FACE_CLASS = "class-1"
GROUP_PORTRAITS = {
    "p-1": (10, 230, 230, 230), "p-2": (240, 110, 230, 230), "p-3": (430, 210, 230, 230),
    "p-4": (710, 280, 230, 230), "p-5": (880, 0, 230, 230), "p-6": (1080, 230, 200, 230),
}
"""Where six people are on the sample picture of insightface: x, y, width, height."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real test data; the test is skipped without it."""
    folder = Path(os.environ.get("ZAITANG_SHARED") or Path(__file__).parents[3] / "shared")
    if not (folder / "data").is_dir():
        pytest.skip("the real test data is not here (ZAITANG_SHARED)")
    return folder


@pytest.fixture(scope="session")
def builtin() -> Pack:
    return load_pack("builtin")


@pytest.fixture(scope="session")
def lab(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    """The test pack, from the folder of models beside the test data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZAITANG_MODEL_CACHE", str(tmp_path_factory.mktemp("models")))
        yield load_pack("lab", shared / "models")


def _picture(package: str, name: str) -> np.ndarray:
    spec = importlib.util.find_spec(package)
    assert spec and spec.submodule_search_locations
    image = cv2.imread(str(Path(spec.submodule_search_locations[0]) / name))
    assert image is not None
    return image


@dataclasses.dataclass(frozen=True)
class Pictures:
    """BGR uint8: six people together, one astronaut, and a portrait of each of the seven by pseudonym."""

    group: np.ndarray
    astronaut: np.ndarray
    portraits: dict[str, np.ndarray]


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    group, astronaut = _picture("insightface", "data/images/t1.jpg"), _picture("skimage", "data/astronaut.png")
    portraits = {p: group[y : y + h, x : x + w].copy() for p, (x, y, w, h) in GROUP_PORTRAITS.items()}
    portraits["p-7"] = astronaut[10:250, 120:330].copy()
    return Pictures(group, astronaut, portraits)


@pytest.fixture(scope="session")
def templates(builtin: Pack, pictures: Pictures) -> dict[str, np.ndarray]:
    """One description of each of the seven, with `builtin`."""
    return {
        person: builtin.embed(image, builtin.detect(image, "photo")[0])[None]
        for person, image in pictures.portraits.items()
    }


@pytest.fixture
def photo_folder(tmp_path: Path, pictures: Pictures) -> Path:
    """One portrait file per person."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for person, image in pictures.portraits.items():
        cv2.imwrite(str(folder / f"{person}.png"), image)
    return folder


@pytest.fixture
def make_video() -> Callable[..., Path]:
    """Writes pictures as H.264, `fps` of them a second, a keyframe every `gop` pictures,
    `between` pictures that need a later one."""

    def make(path: Path, images: Sequence[np.ndarray], fps: int = 1, gop: int = 2, between: int = 0) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=fps)
            stream.height, stream.width = images[0].shape[0] // 2 * 2, images[0].shape[1] // 2 * 2
            stream.pix_fmt, stream.gop_size = "yuv420p", gop
            stream.options = {"preset": "ultrafast", "crf": "23", "sc_threshold": "0", "bf": str(between)}
            for number, image in enumerate(images):
                even = np.ascontiguousarray(image[: stream.height, : stream.width])
                frame = av.VideoFrame.from_ndarray(even, "bgr24")
                frame.pts, frame.time_base = number, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make


def _class_order() -> Sealed:
    """A class order as a centre would seal it; the store keeps what the sync process has verified."""
    signer, stamp = KeySigner(Ed25519PrivateKey.generate()), SystemClock().stamp()
    genesis = Genesis(signer.keyid, "", "0" * 64, "test")
    first = next_record(None, device="centre", chain="0" * 32, type="genesis", body=encode(genesis), stamp=stamp)
    order = ClassOrder(
        FACE_CLASS, 1, "测试班", PolicyRef("demo", "0" * 64), 480, (Place("box-1", ""),),
        tuple(Enrolled(f"p-{number}", "trainee", "0" * 64) for number in range(1, 8)),
        (Hour("h-1", "theory", "2026-03-02T00:40:00.000000Z", "2026-03-02T01:25:00.000000Z"),),
    )
    head = seal_record(first, signer)
    record = next_record(head, device="centre", chain="0" * 32, type="order.class", body=encode(order), stamp=stamp)
    return seal_record(record, signer)


@pytest.fixture
def face_box(tmp_path: Path) -> Iterator[Box]:
    """A box that has taken the order for FACE_CLASS, with seven trainees p-1 to p-7."""
    folder = tmp_path / "box"
    (folder / "video" / "segments").mkdir(parents=True)
    (folder / "run").mkdir()
    text = 'device = "box-1"\npolicy = "demo"\n'
    (folder / "box.toml").write_text(text)
    clock = SystemClock()
    keys = make_box_keys(folder / "keys", self_certified("box-1", clock.utc_us()))
    config = parse_box(text.encode(), "box.toml")
    box = Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
    box.store.put_order(_class_order())
    yield box
    box.store.close()
