"""Nothing of a bundle is installed that is not its publisher's, whole, and for this machine."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.install import cli
from provisioning.install.bundle import COPY, checked
from provisioning.install.host import Host
from provisioning.install.items import File
from provisioning.install.options import KEY, Options
from provisioning.install.plan import _key
from provisioning.install.release import read_source
from provisioning.install.said import InstallError
from provisioning.install.words import parser, wrong
from provisioning.release.key import fingerprint, read_key
from tests.provisioning.install.conftest import DEBIAN
from tests.provisioning.release.making import FILES, bundle, pem

Hosts = Callable[..., Host]


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options("box", read_source(bundle(tmp_path / "bundle")), release_key=pem())


def test_the_first_key_is_told_for_people_to_compare(host_of: Hosts, options: Options, said: list[str]) -> None:
    with checked(host_of(), options):
        assert fingerprint(read_key(pem())) in said[-1]


def test_a_key_that_the_machine_trusts_goes_before_one_that_is_named(
    host_of: Hosts, options: Options, said: list[str],
) -> None:
    host = host_of()
    host.at(KEY).parent.mkdir(parents=True)
    host.at(KEY).write_bytes(pem(2))
    with pytest.raises(InstallError, match="somebody else signed"), checked(host, options):
        pass
    host.at(KEY).write_bytes(pem())
    with checked(host, dataclasses.replace(options, release_key=None)):
        pass
    assert not any("fingerprint" in line for line in said)


def test_a_changed_file_and_another_machine_are_refused(host_of: Hosts, options: Options) -> None:
    other = host_of(dataclasses.replace(DEBIAN, arch="aarch64"))
    with pytest.raises(InstallError, match="aarch64"), checked(other, options):
        pass
    (options.source.folder / "debs.txt").write_text("other\n")
    with pytest.raises(InstallError, match=r"debs\.txt"), checked(host_of(), options):
        pass
    assert not host_of().at(COPY).exists()


def test_what_is_installed_is_the_copy_that_was_checked_and_it_goes(host_of: Hosts, options: Options) -> None:
    copy = host_of().at(COPY)
    copy.mkdir()
    (copy / "left-by-a-kill").touch()
    with checked(host_of(), options) as taken:
        (options.source.folder / "debs.txt").write_text("changed after the check\n")
        assert taken == dataclasses.replace(options, source=dataclasses.replace(options.source, folder=copy))
        assert (copy / "debs.txt").read_bytes() == FILES["debs.txt"] and not (copy / "left-by-a-kill").exists()
        assert copy.stat().st_mode & 0o777 == 0o700
    assert not copy.exists()


def test_a_key_on_the_stick_does_not_take_the_place_of_the_one_that_the_machine_trusts(
    host_of: Hosts, options: Options,
) -> None:
    """The bundle is the publisher's, and the key beside it is not: whoever laid it there would sign the next one."""
    host = host_of()
    host.at(KEY).parent.mkdir(parents=True)
    host.at(KEY).write_bytes(pem())
    assert wrong(options, host.root, dry=False) == []
    (said,) = wrong(dataclasses.replace(options, release_key=pem(2)), host.root, dry=False)
    assert fingerprint(read_key(pem())) in said.en and "does not replace it" in said.en


def test_the_key_that_was_compared_is_the_one_that_is_kept(
    tmp_path: Path, host_of: Hosts, options: Options, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is on a stick can be another thing when it is read again."""
    file = tmp_path / "release.pem"
    file.write_bytes(pem())
    monkeypatch.setattr(cli, "TOP", options.source.folder)
    asked = cli._options(parser("en").parse_args(["box", "--release-key", str(file)]), host_of().root)
    file.write_bytes(pem(2))
    with checked(host_of(), asked) as taken:
        assert [item.bytes() for item in _key(taken) if isinstance(item, File)] == [pem()]


def test_a_bundle_asks_for_a_key_and_a_checkout_does_not(host_of: Hosts, options: Options) -> None:
    root, keyless = host_of().root, dataclasses.replace(options, release_key=None)
    assert ["--release-key" in one.en for one in wrong(keyless, root, dry=False)] == [True]
    assert wrong(options, root, dry=False) == wrong(keyless, root, dry=True) == []
    checkout = dataclasses.replace(keyless, source=dataclasses.replace(options.source, bundle=False))
    assert wrong(checkout, root, dry=False) == []
