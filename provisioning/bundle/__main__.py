"""`python -m provisioning.bundle`: what `make bundle` runs."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from provisioning.bundle.errors import UnknownArch, UnknownPython
from provisioning.bundle.make import Wanted, make
from provisioning.bundle.targets import PYTHONS, Target
from provisioning.install.said import Said, own_language
from provisioning.release.errors import BadRelease
from provisioning.release.pack import pack
from provisioning.release.passphrase import asked_passphrase
from provisioning.release.sign import sign

TOP = Path(__file__).parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 made, 1 not made."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.bundle")
    parser.add_argument("arch", help="aarch64 or x86_64")
    parser.add_argument("--python", default="", help="versions for which packages come along, such as '3.11 3.13'")
    parser.add_argument("--packs", default="", help="model packs that come along")
    parser.add_argument("--debs", default="", help="the release of Debian whose packages come along")
    parser.add_argument("--key", type=Path, help="the publisher's release-key.pem; without it nothing is signed")
    parser.add_argument("--passphrase-file", type=Path, help="holds the passphrase of the key")
    parser.add_argument("--to", type=Path, default=TOP / "build" / "bundle")
    args = parser.parse_args(argv)
    lang = own_language()

    def say(zh: str, en: str) -> None:
        print(f"[bundle] {Said(zh, en).to(lang)}", flush=True)

    try:
        # Whoever mistypes learns so before the minutes of downloading.
        passphrase = asked_passphrase(args.passphrase_file, lang) if args.key else b""
        wanted = Wanted(targets(args.arch, args.python), tuple(args.packs.split()), args.debs)
        folder, release = make(TOP, args.to, wanted, say)
        if args.key:
            sign(folder, args.key, passphrase)
        else:
            say("没有签名（未给 KEY）：机器不会接受更新；签名方法见 docs/releases.zh-CN.md",
                "not signed (no KEY was given): no machine takes it as an update; docs/releases.md says how to sign")
        path = pack(folder, release)
    except BadRelease as error:
        print(error.words(lang), file=sys.stderr)
        return 1
    say(f"完成：{path}（{path.stat().st_size / 1e6:.0f} MB）", f"done: {path} ({path.stat().st_size / 1e6:.0f} MB)")
    return 0


def targets(arch: str, pythons: str) -> tuple[Target, ...]:
    """What was asked for, in the order of versions. Raises UnknownArch, UnknownPython."""
    if arch not in PYTHONS:
        raise UnknownArch(arch=arch, known=", ".join(PYTHONS))
    asked = pythons.split() or PYTHONS[arch]
    known = sorted({one for each in PYTHONS.values() for one in each})
    for python in asked:
        if python not in known:
            raise UnknownPython(python=python, known=", ".join(known))
    return tuple(Target(arch, python) for python in known if python in asked)


if __name__ == "__main__":
    sys.exit(main())
