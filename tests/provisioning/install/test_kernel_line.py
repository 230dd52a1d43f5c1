"""Words of ours in the line of the kernel."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.install.apply import install, remove
from provisioning.install.host import Host
from provisioning.install.kernel_line import KernelLine
from provisioning.install.said import InstallError, Said

NAME = "/boot/firmware/cmdline.txt"
ONE = KernelLine(NAME, Said("一", "one"), words=("cgroup_enable=memory",))
THEIRS = b"console=serial0,115200 root=PARTUUID=4d8097e2-02 rootfstype=ext4  rootwait"


def put(host: Host, content: bytes) -> Path:
    path = host.at(NAME)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_ours_stand_once_at_the_end_of_the_one_line_and_go_again(host_of: Callable[..., Host], end: bytes) -> None:
    path = put(host_of(), THEIRS + end)
    path.chmod(0o755)
    assert install(host_of(), [ONE], "box") == 1 and install(host_of(), [ONE], "box") == 0
    assert path.read_bytes() == THEIRS + b" cgroup_enable=memory\n" and path.stat().st_mode & 0o777 == 0o755
    path.write_bytes(path.read_bytes().rstrip() + b" quiet\n")
    assert remove(host_of(), "box") == 1 and path.read_bytes() == THEIRS + b" quiet\n"


def test_a_word_that_somebody_put_there_stays(host_of: Callable[..., Host]) -> None:
    path = put(host_of(), THEIRS + b" cgroup_enable=memory\n")
    assert install(host_of(), [ONE], "box") == 0 and remove(host_of(), "box") == 0
    assert path.read_bytes() == THEIRS + b" cgroup_enable=memory\n"


def test_where_there_is_no_such_file_it_says_so(host_of: Callable[..., Host]) -> None:
    with pytest.raises(InstallError, match="boot partition"):
        install(host_of(), [ONE], "box")


def test_a_file_that_went_meanwhile_is_no_error(host_of: Callable[..., Host]) -> None:
    path = put(host_of(), THEIRS)
    install(host_of(), [ONE], "box")
    path.unlink()
    assert remove(host_of(), "box") == 1 and not path.exists()
