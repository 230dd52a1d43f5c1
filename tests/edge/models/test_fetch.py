"""Fetching: mirror first, a wrong hash refused and not kept, a missing file named, a bounded cache."""
from __future__ import annotations

import dataclasses
import functools
import hashlib
import http.server
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.texts import words
from edge.errors import CannotWrite
from edge.models import fetch as fetching
from edge.models.errors import ModelMissing, ModelUnreachable, PackageMissing, WrongModel
from edge.models.fetch import cache_folder, fetch, present
from edge.models.manifest import Manifest, ModelFile, load_manifest

BYTES = b"weights" * 1000


@pytest.fixture
def manifest() -> Manifest:
    file = ModelFile("detector", "net.onnx", hashlib.sha256(BYTES).hexdigest(), len(BYTES))
    return dataclasses.replace(load_manifest("lab"), files=(file,))


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "mirror").mkdir()
    return {"ZAITANG_MODEL_MIRROR": str(tmp_path / "mirror"), "ZAITANG_MODEL_CACHE": str(tmp_path / "cache")}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(tmp_path / "mirror"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


def test_a_file_comes_from_the_mirror_folder_and_then_from_the_cache(
    manifest: Manifest, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES)
    assert not present(manifest, manifest.files[0], env)
    path = fetch(manifest, env)["net.onnx"]
    assert path.read_bytes() == BYTES and path.is_relative_to(tmp_path / "cache")
    (tmp_path / "mirror" / "net.onnx").unlink()
    assert fetch(manifest, env)["net.onnx"] == path and present(manifest, manifest.files[0], env)


def test_a_file_comes_from_a_mirror_address(
    manifest: Manifest, env: dict[str, str], tmp_path: Path, address: str
) -> None:
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES)
    seen: list[int] = []
    path = fetch(manifest, env | {"ZAITANG_MODEL_MIRROR": address}, lambda name, done, size: seen.append(done))
    assert path["net.onnx"].read_bytes() == BYTES and seen[-1] == len(BYTES)


def test_a_wrong_file_is_refused_and_leaves_nothing(manifest: Manifest, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES[:-1] + b"x")
    with pytest.raises(WrongModel, match=r"net\.onnx"):
        fetch(manifest, env)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_file_that_never_ends_is_cut_off(manifest: Manifest, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES * 500)
    with pytest.raises(WrongModel):
        fetch(manifest, env)


def test_a_broken_copy_in_the_cache_is_fetched_again(manifest: Manifest, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES)
    path = fetch(manifest, env)["net.onnx"]
    path.write_bytes(b"rotten")
    assert fetch(manifest, env)["net.onnx"].read_bytes() == BYTES


def test_without_mirror_and_address_the_sentence_says_what_to_do(manifest: Manifest, env: dict[str, str]) -> None:
    with pytest.raises(ModelMissing, match="ZAITANG_MODEL_MIRROR"):
        fetch(manifest, env | {"ZAITANG_MODEL_MIRROR": ""})


def test_a_mirror_without_the_file_is_told_with_its_folder(manifest: Manifest, env: dict[str, str]) -> None:
    folder = env["ZAITANG_MODEL_MIRROR"]
    with pytest.raises(ModelMissing, match=f"net.onnx .* is not in {folder}"):
        fetch(manifest, env)
    file = dataclasses.replace(manifest.files[0], url="https://127.0.0.1:9/net.onnx")
    with pytest.raises(ModelUnreachable, match=f"is not in {folder}.*could not be fetched from https://127.0.0.1:9"):
        fetch(dataclasses.replace(manifest, files=(file,)), env)


def test_an_unreachable_address_is_told(manifest: Manifest, env: dict[str, str]) -> None:
    file = dataclasses.replace(manifest.files[0], url="https://127.0.0.1:9/net.onnx")
    with pytest.raises(ModelUnreachable, match=r"net\.onnx"):
        fetch(dataclasses.replace(manifest, files=(file,)), env)


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_a_mirror_that_talks_nonsense_is_told(manifest: Manifest, env: dict[str, str], said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(4096)
                caller.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises((ModelUnreachable, WrongModel), match=r"net\.onnx"):
            fetch(manifest, env | {"ZAITANG_MODEL_MIRROR": f"http://127.0.0.1:{server.getsockname()[1]}"})
        thread.join()
    for mirror in ("http://[", "http://a b"):
        with pytest.raises(ModelUnreachable):
            fetch(manifest, env | {"ZAITANG_MODEL_MIRROR": mirror})


def test_what_the_system_refuses_is_said_in_both_languages(
    manifest: Manifest, env: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ModelUnreachable) as away:
        fetch(manifest, env | {"ZAITANG_MODEL_MIRROR": "http://127.0.0.1:9"})
    assert "：连接被拒绝。" in words(away.value, "zh") and ": Connection refused. Without" in words(away.value, "en")
    assert "ZAITANG_MODEL_MIRROR" in words(away.value, "zh")
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite) as refused:
        fetch(manifest, env | {"ZAITANG_MODEL_CACHE": str(tmp_path / "file")})
    assert words(refused.value, "zh").endswith("：它不是文件夹")


def test_a_missing_package_is_named(manifest: Manifest, env: dict[str, str]) -> None:
    file = dataclasses.replace(manifest.files[0], package="no_such_package", inside="net.onnx")
    with pytest.raises(PackageMissing, match="no_such_package"):
        fetch(dataclasses.replace(manifest, files=(file,)), env)


def test_the_cache_forgets_the_least_used_files_of_other_packs(
    manifest: Manifest, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror" / "net.onnx").write_bytes(BYTES)
    old = tmp_path / "cache" / "0123" / "old.onnx"
    old.parent.mkdir(parents=True)
    old.write_bytes(BYTES)
    os.utime(old, (1, 1))
    monkeypatch.setattr(fetching, "CACHE_LIMIT", len(BYTES))
    path = fetch(manifest, env)["net.onnx"]
    assert path.is_file() and not old.exists()


def test_the_cache_is_in_the_data_folder_of_the_user() -> None:
    assert cache_folder({"XDG_DATA_HOME": "/data"}) == Path("/data/zaitang/models")
    assert cache_folder({"HOME": "/home/x"}) == Path("/home/x/.local/share/zaitang/models")


def test_a_pack_does_without_a_person_detector_that_is_not_to_be_had_but_not_with_a_false_one(
    manifest: Manifest, env: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    Path(env["ZAITANG_MODEL_MIRROR"], "net.onnx").write_bytes(BYTES)
    person = dataclasses.replace(manifest.files[0], role="person", name="people.onnx", url=None)
    pack = dataclasses.replace(manifest, files=(*manifest.files, person))
    for url in (None, "http://127.0.0.1:9/people.onnx"):
        asked = dataclasses.replace(pack, files=(*manifest.files, dataclasses.replace(person, url=url)))
        assert set(fetch(asked, env)) == {"net.onnx"}
        assert "people.onnx" in caplog.text and "turned away" in caplog.text
        caplog.clear()
    Path(env["ZAITANG_MODEL_MIRROR"], "people.onnx").write_bytes(b"another net")
    with pytest.raises(WrongModel):
        fetch(pack, env)
