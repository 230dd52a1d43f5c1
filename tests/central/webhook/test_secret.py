"""The secret of a target: made once, the same afterwards, nobody else's to read; one that is no secret is refused."""
from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from central.errors import BadKeyFile
from central.webhook.secret import secret_of, secret_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path


def test_it_is_made_once_and_of_each_target_another(folder: Path) -> None:
    first = secret_of(folder, "province")
    assert len(first) == 32 and secret_of(folder, "province") == first != secret_of(folder, "city")
    file = folder / "keys" / "webhook-province.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and file.read_text() == secret_text(first) + "\n"
    assert secret_text(first) == "whsec_" + base64.b64encode(first).decode()


@pytest.mark.parametrize("text", [
    b"", b"whsec_", b"whsec_!!", b"whsec_" + base64.b64encode(b"short"), base64.b64encode(b"x" * 32), b"\xff\xfe",
    b"whsec_" + base64.b64encode(b"x" * 400),
])
def test_what_is_no_secret_is_refused_and_left_alone(folder: Path, text: bytes) -> None:
    file = folder / "keys" / "webhook-province.secret"
    file.write_bytes(text)
    with pytest.raises(BadKeyFile):
        secret_of(folder, "province")
    assert file.read_bytes() == text
