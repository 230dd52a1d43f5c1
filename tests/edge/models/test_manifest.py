"""Manifests: all packs of the design have one, read strictly; the pack's hash covers what changes a score."""
from __future__ import annotations

import dataclasses
import importlib.resources
import re

import pytest

from edge.cli import main
from edge.models.errors import NoSuchPack
from edge.models.manifest import load_manifest, pack_ids, parse_manifest
from evidence.errors import BadShape


def text(pack: str) -> str:
    return importlib.resources.files("models").joinpath(f"{pack}.toml").read_text()


def test_every_pack_has_a_manifest_and_a_card() -> None:
    assert pack_ids() == ["builtin", "insightface", "lab", "opencv"]
    for pack in pack_ids():
        manifest = load_manifest(pack)
        assert manifest.id == pack and manifest.licence and manifest.similarity.source
        assert importlib.resources.files("models").joinpath(f"{pack}.md").is_file()


def test_the_list_says_every_licence_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "models", "list"]) == 0
    lines = dict(zip(pack_ids(), capsys.readouterr().out.splitlines(), strict=True))
    assert [pack for pack, line in lines.items() if not re.search(r"\[.*[一-鿿].*\]$", line)] == []


def test_only_packs_with_known_licences_are_shipped() -> None:
    assert [pack for pack in pack_ids() if load_manifest(pack).shipped] == ["builtin", "opencv"]


def test_an_unknown_pack_is_told_with_the_known_ones() -> None:
    with pytest.raises(NoSuchPack, match="builtin, insightface, lab, opencv"):
        load_manifest("nonesuch")


@pytest.mark.parametrize(("old", "new", "key"), [
    ('engine = "dlib"', 'engine = "magic"', "engine"),
    ('title =', 'colour = "red"\ntitle =', "colour"),
    ("size = 9150489", "size = 0", "files.0.size"),
    ("margin_ppm = 50000", "margin_ppm = 5000000", "similarity.margin_ppm"),
    ('id = "builtin"', "", "id"),
])
def test_a_wrong_manifest_names_file_and_key(old: str, new: str, key: str) -> None:
    with pytest.raises(BadShape) as caught:
        parse_manifest(text("builtin").replace(old, new, 1).encode(), "builtin.toml")
    assert caught.value.params["where"] == "builtin.toml" and caught.value.params["key"] == key


def test_a_person_detector_and_its_table_come_together() -> None:
    for old, new in (("[people]\nscore_ppm = 400000", ""), ('role = "person"', 'role = "challenge"')):
        with pytest.raises(BadShape) as caught:
            parse_manifest(text("opencv").replace(old, new, 1).encode(), "opencv.toml")
        assert caught.value.params["key"] == "people"


def test_the_hash_of_a_pack_changes_with_models_and_preprocessing_only() -> None:
    manifest = load_manifest("builtin")
    other_file = dataclasses.replace(manifest.files[0], sha256="0" * 64)
    assert dataclasses.replace(manifest, title="x").sha256 == manifest.sha256
    assert dataclasses.replace(manifest, files=(other_file, *manifest.files[1:])).sha256 != manifest.sha256
    changed = dataclasses.replace(manifest.preprocess, room_face_px=47)
    assert dataclasses.replace(manifest, preprocess=changed).sha256 != manifest.sha256


@pytest.mark.parametrize("text", [b"a=" + b"9" * 5000, b"a=" + b"[" * 5000, b"\xff"])
def test_what_is_no_toml_is_told_so(text: bytes) -> None:
    with pytest.raises(BadShape, match=r"mine\.toml"):
        parse_manifest(text, "mine.toml")
