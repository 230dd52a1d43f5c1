"""A new box uses the best pack that lies whole on its machine; one that lies there in part is said, and not taken."""
from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest

from edge.models import choice as choosing
from edge.models.choice import Choice, choose_pack
from edge.models.fetch import cache_folder
from edge.models.manifest import Manifest, load_manifest

ENV = {"ZAITANG_MODEL_MIRROR": "http://127.0.0.1:9"}
"""Nobody answers there: nothing is asked for over the network."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return ENV | {"ZAITANG_MODEL_CACHE": str(tmp_path / "cache")}


@pytest.fixture
def manifest(monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """That of `opencv`, its files small ones of our own."""
    real = load_manifest("opencv", {})
    files = tuple(dataclasses.replace(file, sha256=hashlib.sha256(file.name.encode()).hexdigest())
                  for file in real.files)
    made = dataclasses.replace(real, files=files)
    monkeypatch.setattr(choosing, "load_manifest", lambda pack, env: made)
    return made


def lay(manifest: Manifest, env: dict[str, str], *without: str) -> None:
    """The files of the pack where an installer put them."""
    for file in manifest.files:
        if file.role not in without:
            path = cache_folder(env) / file.sha256[:16] / file.name
            path.parent.mkdir(parents=True)
            path.write_bytes(file.name.encode())


def test_what_the_bundle_brought_is_used(manifest: Manifest, env: dict[str, str]) -> None:
    lay(manifest, env)
    assert choose_pack(env) == Choice("opencv") and choose_pack(env).is_well
    assert choose_pack(env).words("en") == ["Model pack: opencv"]


def test_a_machine_with_nothing_else_uses_what_comes_with_the_packages(manifest: Manifest, env: dict[str, str]) -> None:
    assert choose_pack(env) == Choice("builtin")
    assert ["models fetch opencv" in one for one in choose_pack(env).words("en")] == [True]


def test_a_file_that_a_pack_does_without_hinders_nothing(manifest: Manifest, env: dict[str, str]) -> None:
    lay(manifest, env, "person")
    assert choose_pack(env) == Choice("opencv")


@pytest.mark.parametrize("role", ["detector", "identity", "liveness"])
def test_a_damaged_file_is_told_and_the_pack_not_taken(manifest: Manifest, env: dict[str, str], role: str) -> None:
    lay(manifest, env)
    file = manifest.file(role)
    (cache_folder(env) / file.sha256[:16] / file.name).write_bytes(b"another net")
    choice = choose_pack(env)
    assert choice == Choice("builtin", (file.name,)) and not choice.is_well
    assert file.name in choice.words("en")[0] and "opencv" in choice.words("zh")[0]


@pytest.mark.parametrize("pack", ["opencv", "builtin"])
def test_whatever_is_chosen_may_be_used_by_whoever_charges_for_classes(pack: str) -> None:
    """`lab` is of unknown provenance, `insightface` needs a licence of one's own: neither is ever chosen."""
    made = load_manifest(pack, {})
    assert made.shipped and made.commercial and pack in (choosing.BETTER, choosing.BUILTIN)
