"""Debian packages of a bundle: the list, and the packages themselves for one release of Debian, with all that they
need, by an apt with folders of its own. The machine's packages are not touched."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provisioning.bundle.errors import UnknownDebs
from provisioning.bundle.run import run
from provisioning.bundle.targets import DEB_ARCH
from provisioning.bundle.wheels import Say

PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
"""Releases of Debian whose packages can be brought along, and the Python of each."""
BESIDE = ("openssl", "systemd-zram-generator")
"""What the lists of the two ends do not name: the first check of a bundle, and swap in memory."""
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SOURCES = (("http://deb.debian.org/debian", "{name}"), ("http://deb.debian.org/debian", "{name}-updates"),
            ("http://deb.debian.org/debian-security", "{name}-security"))
README = """\
本文件夹供没有网络的机器安装 Debian 软件包使用；安装程序会自动使用其中的 .deb 文件。
{zh}
JetPack 6（Ubuntu 22.04）和 Raspberry Pi 自己的软件包（python3-picamera2）不在 Debian 中：请使用带有它们的系统镜像，
或在一台有网络的同型号机器上运行：

    sudo apt-get update
    sudo apt-get install --download-only -y --no-install-recommends $(sed 's/|.*//' ../debs.txt)
    cp /var/cache/apt/archives/*.deb 目标文件夹

再把这些 .deb 与安装包一起带到教室，先运行 sudo apt-get install --no-download ./*.deb，再运行 install-box。
（放进本文件夹的文件没有签名，会被核对程序拒绝。）

From this folder a machine without a network installs its Debian packages: the installer takes the .deb files in it.
{en}
JetPack 6 (Ubuntu 22.04), and the packages of Raspberry Pi itself (python3-picamera2), are not in Debian: take an image
of the system that has them, or run this on a machine of the same kind that has a network:

    sudo apt-get update
    sudo apt-get install --download-only -y --no-install-recommends $(sed 's/|.*//' ../debs.txt)
    cp /var/cache/apt/archives/*.deb FOLDER

Take these .deb files to the classroom beside the bundle, and run sudo apt-get install --no-download ./*.deb before
install-box. (What is put into this folder is not signed, and the check refuses it.)
"""


def listed(tree: Path) -> list[str]:
    """The lines of all lists of a tree for machines that run the product, each once: a package, or several with |."""
    lines: list[str] = list(BESIDE)
    for path in sorted((tree / "provisioning").glob("apt-*.txt")):
        if path.name != "apt-test.txt":
            lines += ["".join(line.partition("#")[0].split()) for line in path.read_text("utf-8").splitlines()]
    return sorted(set(filter(None, lines)))


def readme(name: str, count: int) -> str:
    """What README.txt of the folder says. `name`: the release of Debian, empty without any."""
    zh = f"其中有 Debian {name} 的 {count} 个软件包。" if name else "本安装包没有附带 .deb 文件。"
    en = f"There are {count} packages of Debian {name} in it." if name else "No .deb files came with this bundle."
    return README.format(zh=zh, en=en)


def fetch(lines: Sequence[str], name: str, arch: str, pool: Path, say: Say) -> list[Path]:
    """The .deb files of these lines and of all that they need, on an empty system. What is there already is kept.
    Raises CannotMake."""
    if name not in PYTHONS:
        raise UnknownDebs(name=name, known=", ".join(PYTHONS))
    root = pool / f"{name}-{arch}"
    apt = ("apt-get", *_options(root, name, DEB_ARCH[arch]))
    say(f"正在读取 Debian {name}（{arch}）的软件包目录", f"reading what Debian {name} has for {arch}")
    run("apt-get update", [*apt, "update"])
    known = set(run("apt-cache", ["apt-cache", *apt[1:], "pkgnames"]).split())
    python = f"python{PYTHONS[name]}"
    asked = [next((one for one in line.split("|") if one in known), line) for line in lines]
    install = ["install", "--no-install-recommends", "-y", "python3", python, f"{python}-venv", *asked]
    # With nothing downloaded yet apt names them all, and none that an earlier version left.
    told = run("apt-get", [*apt, "-o", f"Dir::Cache::archives={root.resolve() / 'none'}", *install, "--print-uris"])
    names = sorted(line.split()[1] for line in told.splitlines() if line.startswith("'"))
    archives = root / "var/cache/apt/archives"
    missing = sum(not (archives / one).is_file() for one in names)
    say(f"  {len(names)} 个 .deb， {missing} 个待下载", f"  {len(names)} .deb files, {missing} of which are to come")
    run("apt-get", [*apt, *install, "--download-only"])
    return [archives / one for one in names]


def _options(root: Path, name: str, deb_arch: str) -> list[str]:
    """For an apt that knows nothing of this machine but its proxies."""
    root = root.resolve()
    for folder in ("etc/apt/preferences.d", "etc/apt/sources.list.d", "var/lib/apt/lists/partial",
                   "var/cache/apt/archives/partial", "none/partial", "var/lib/dpkg"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").write_text("")
    (root / "etc/apt/sources.list").write_text("".join(
        f"deb [signed-by={_KEYRING}] {address} {suite.format(name=name)} main\n" for address, suite in _SOURCES))
    told = {"Dir": root, "Dir::State::status": root / "var/lib/dpkg/status", "APT::Architecture": deb_arch,
            "APT::Architectures": deb_arch, "APT::Sandbox::User": "root", "Acquire::Languages": "none"}
    return ["-qq", *(part for key, value in told.items() for part in ("-o", f"{key}={value}"))]

