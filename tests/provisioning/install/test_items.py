"""Single things are placed once, stay somebody's own when somebody changed them, and go again exactly."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.install.apply import install, missing, remove
from provisioning.install.host import Host
from provisioning.install.items import Command, File, Folder, Item, Link
from provisioning.install.journal import FOLDER, Journal
from provisioning.install.packages import Packages, installed
from provisioning.install.said import InstallError, Said
from provisioning.install.user import User
from tests.provisioning.install.conftest import DEBIAN

S = Said("某物", "something")
Hosts = Callable[..., Host]
ITEMS = [Folder("/opt/x", S, whole=True), Folder("/var/lib/keep", S, mode=0o700, keep=True),
         File("/etc/x/deep/a.conf", S, content=b"a = 1\n", mode=0o640), File("/etc/x/b.conf", S, content=b"b\n"),
         Link("/opt/x/current", S, target="releases/1")]


def tree(root: Path) -> dict[str, tuple[int, int, str]]:
    """Every path with mode, time of change and content; the installer's own notes left out."""
    found = {}
    for path in sorted(root.rglob("*")):
        if FOLDER[1:] not in str(path):
            stat = path.lstat()
            what = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
            found[str(path.relative_to(root))] = (stat.st_mode, 0 if path.is_dir() else stat.st_mtime_ns, what)
    return found


def test_a_second_run_finds_everything_done_and_touches_nothing(host_of: Hosts) -> None:
    before = tree(host_of().root)
    assert install(host_of(), ITEMS, "box") == len(ITEMS)
    after = tree(host_of().root)
    assert after["etc/x/deep/a.conf"][0] & 0o777 == 0o640 and after["var/lib/keep"][0] & 0o777 == 0o700
    assert missing(host_of(), ITEMS) == [] and install(host_of(), ITEMS, "box") == 0
    assert tree(host_of().root) == after
    assert remove(host_of(), "box") == len(ITEMS) - 1
    assert tree(host_of().root) == before | {"var/lib/keep": after["var/lib/keep"]}


class Killed(BaseException):
    """As a SIGKILL, nobody catches it."""


@settings(max_examples=25, deadline=None)
@given(after=st.lists(st.integers(0, 25), max_size=4))
def test_whatever_moment_it_is_killed_at_the_next_run_completes(
    after: list[int], tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = tmp_path_factory.mktemp("root")
    (root / FOLDER[1:]).mkdir(parents=True)
    journal = root / FOLDER[1:] / "installed.json"
    before = tree(root)

    def run(calls: int | None) -> None:
        left = [calls]

        def count(sentence: object = None) -> None:
            if left[0] is not None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

        with pytest.MonkeyPatch.context() as patch:
            for name in ("mkdir", "chmod", "replace", "symlink_to"):
                real = getattr(Path, name)
                patch.setattr(Path, name, lambda *a, _real=real, **k: (count(), _real(*a, **k))[1])
            install(Host(root, DEBIAN, Journal(journal), owns=False, say=count), ITEMS, "box")

    for calls in after:
        with contextlib.suppress(Killed):
            run(calls)
    run(None)
    host = Host(root, DEBIAN, Journal(journal), owns=False)
    assert missing(host, ITEMS) == []
    remove(host, "box")
    assert set(tree(root)) == set(before) | {"var/lib/keep"}


def test_what_somebody_changed_stays_and_ours_lies_beside(host_of: Hosts, said: list[str]) -> None:
    item = File("/etc/x.conf", S, content=b"1")
    install(host_of(), [item], "box")
    path = host_of().at("/etc/x.conf")
    path.write_text("mine")
    newer = File("/etc/x.conf", S, content=b"2")
    install(host_of(), [newer], "box")
    assert (path.read_text(), path.with_name("x.conf.zaitang-new").read_text()) == ("mine", "2")
    assert any("was changed by somebody" in line for line in said)
    assert missing(host_of(), [newer]) == []
    remove(host_of(), "box")
    assert path.read_text() == "mine" and not path.with_name("x.conf.zaitang-new").exists()


def test_force_replaces_what_somebody_changed_and_a_removal_brings_it_back(host_of: Hosts) -> None:
    path = host_of().at("/etc/x.conf")
    path.write_text("mine")
    item = File("/etc/x.conf", S, content=b"1")
    install(host_of(force=True), [item], "box")
    assert (path.read_text(), path.with_name("x.conf.zaitang-old").read_text()) == ("1", "mine")
    remove(host_of(), "box")
    assert path.read_text() == "mine" and not path.with_name("x.conf.zaitang-old").exists()


def test_a_newer_file_of_ours_replaces_the_older_one(host_of: Hosts, said: list[str]) -> None:
    for content in (b"1", b"2", b"3"):
        install(host_of(), [File("/etc/x.conf", S, content=content)], "box")
        assert host_of().at("/etc/x.conf").read_bytes() == content
    assert not any("changed by somebody" in line for line in said)


def test_what_was_there_before_stays(host_of: Hosts) -> None:
    host = host_of()
    host.at("/opt/x").mkdir(parents=True)
    host.at("/etc/x.conf").write_bytes(b"1")
    host.at("/etc/x.conf").chmod(0o644)
    install(host_of(), [Folder("/opt/x", S, whole=True, mode=0o700), File("/etc/x.conf", S, content=b"1")], "box")
    remove(host_of(), "box")
    assert host.at("/opt/x").is_dir() and host.at("/etc/x.conf").is_file()


def test_what_both_ends_need_goes_with_the_last(host_of: Hosts) -> None:
    shared, own = File("/etc/a", S, content=b"a"), File("/etc/b", S, content=b"b")
    install(host_of(), [shared, own], "box")
    install(host_of(), [shared], "centre")
    remove(host_of(), "box")
    assert host_of().at("/etc/a").exists() and not host_of().at("/etc/b").exists()
    remove(host_of(), "centre")
    assert not host_of().at("/etc/a").exists()


def test_a_link_leaves_alone_what_is_no_link(host_of: Hosts) -> None:
    host_of().at("/etc/current").mkdir()
    with pytest.raises(InstallError, match="Something else is at /etc/current"):
        install(host_of(), [Link("/etc/current", S, target="x")], "box")


def test_a_step_that_did_nothing_is_told(host_of: Hosts) -> None:
    with pytest.raises(InstallError, match="did not come about"):
        install(host_of(), [Command("nothing", S)], "box")


def test_a_damaged_journal_is_told_in_words(host_of: Hosts) -> None:
    path = host_of().at(FOLDER) / "installed.json"
    for text in ("{", "[]", '{"placed": 3}', '{"placed": {"file:/etc/x": {}}}'):
        path.write_text(text)
        with pytest.raises(InstallError, match="is damaged"):
            Journal(path)


def test_packages_are_there_when_one_of_a_line_is_installed(host_of: Hosts) -> None:
    host = host_of()
    host.at("/var/lib/dpkg").mkdir(parents=True)
    host.at("/var/lib/dpkg/status").write_text(
        "Package: a\nStatus: install ok installed\nDescription: x\n\nPackage: b\nStatus: deinstall ok config-files\n\n"
        "Package: c\nStatus: install ok half-configured\n")
    assert installed(host) == {"a"}
    assert Packages("box", S, lines=("x|a",)).done(host)
    assert Packages("box", S, lines=("a", "b|x", "c")).missing(host) == ["b|x", "c"]
    assert Packages("box", S, lines=("a", "b|x", "c")).mark(host) == {"names": ["b", "x", "c"]}


def test_a_user_is_in_those_of_its_groups_that_there_are(host_of: Hosts) -> None:
    host = host_of()
    host.at("/etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    host.at("/etc/group").write_text("root:x:0:\nvideo:x:44:other\naudio:x:29:zaitang\n")
    user = User("zaitang", S, groups=("video", "audio", "gpio"))
    assert not user.done(host) and user.mark(host) == {}
    host.at("/etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nzaitang:x:999:999::/:/bin/false\n")
    assert not user.done(host) and user.mark(host) is None
    host.at("/etc/group").write_text("root:x:0:\nvideo:x:44:other,zaitang\naudio:x:29:zaitang\n")
    assert user.done(host)


def test_every_kind_that_leaves_a_mark_can_be_taken_away() -> None:
    from provisioning.install.items import UNDO

    def kinds(cls: type[Item]) -> set[str]:
        return {sub.kind for sub in cls.__subclasses__()} | {k for sub in cls.__subclasses__() for k in kinds(sub)}

    assert kinds(Item) - {"release"} <= UNDO.keys()


def test_a_link_in_the_place_of_a_folder_gives_nothing_away(host_of: Hosts) -> None:
    """`backup -> /etc` in the folder of the user, which root is to make the user's."""
    host = host_of()
    host.at("/etc").chmod(0o750)
    host.at("/backup").symlink_to("etc")
    for mode in (0o750, 0o777):
        item = Folder("/backup", S, mode=mode)
        assert not item.done(host)
        with pytest.raises(InstallError, match="perhaps a link"):
            item.do(host)
    assert host.at("/etc").stat().st_mode & 0o777 == 0o750


def test_a_link_in_the_place_of_a_file_is_replaced(host_of: Hosts) -> None:
    host = host_of()
    other = host.at("/etc/other")
    other.write_bytes(b"1")
    other.chmod(0o644)
    host.at("/etc/x").symlink_to("other")
    item = File("/etc/x", S, content=b"1", mode=0o644)
    assert not item.done(host)
    item.do(host)
    assert item.done(host) and not host.at("/etc/x").is_symlink() and other.read_bytes() == b"1"
