"""A release that needs a package of the system which is not there says by what command it comes."""
from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.install import packages
from provisioning.install.host import Host
from provisioning.install.journal import Journal
from provisioning.install.machine import look
from provisioning.install.said import InstallError
from provisioning.update.build import build


def test_what_a_release_lacks_is_named_as_apt_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top, status = tmp_path / "bundle", tmp_path / "var/lib/dpkg/status"
    for path, text in {top / "provisioning/apt-box.txt": "there\nnew|newt64\nmore\n",
                       status: "Package: there\nStatus: install ok installed\n"}.items():
        path.parent.mkdir(parents=True)
        path.write_text(text)
    monkeypatch.setattr(packages, "_known", lambda names, _archive: {"newt64", "more"} & set(names))
    host = Host(tmp_path, look(tmp_path), Journal(tmp_path / "installed.json"))
    with pytest.raises(InstallError) as refused:
        build(host, top, "0.2.0", ("box",))
    for words in refused.value.said:
        assert "`sudo apt-get install newt64 more`" in words and "install-box" not in words
