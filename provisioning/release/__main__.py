"""`python -m provisioning.release keygen|sign|check`: the publisher's key, its signature, and the check of it."""
from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from provisioning.install.said import Said, own_language
from provisioning.release.about import Machine, Release, may_install
from provisioning.release.check import read_file, verify_by_openssl
from provisioning.release.errors import BadRelease
from provisioning.release.key import MAX_PEM, fingerprint, read_key
from provisioning.release.take import take


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 refused."""
    args = _parser().parse_args(argv)
    lang = own_language()
    try:
        for line in args.do(args, lang):
            print(line.to(lang))
    except BadRelease as error:
        print(error.words(lang), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provisioning.release")
    actions = parser.add_subparsers(required=True)
    one = actions.add_parser("keygen", help="a new key of the publisher: FOLDER/release-key.pem and FOLDER/release.pem")
    one.add_argument("folder", type=Path, metavar="FOLDER")
    one.set_defaults(do=_keygen)
    two = actions.add_parser("sign", help="sign a bundle that make bundle made, and pack it anew")
    two.add_argument("bundle", type=Path, metavar="BUNDLE", help="its folder")
    two.add_argument("--key", type=Path, required=True, help="the publisher's release-key.pem")
    two.set_defaults(do=_sign)
    for each in (one, two):
        each.add_argument("--passphrase-file", type=Path, metavar="FILE", help="without it you are asked")
    three = actions.add_parser("check", help="check a bundle, a folder or a .tar, against the publisher's release.pem")
    three.add_argument("bundle", type=Path, metavar="BUNDLE")
    three.add_argument("--key", type=Path, required=True, help="the publisher's release.pem")
    three.add_argument("--installed", metavar="VERSION", help="refuse what this version may not be updated to")
    three.add_argument("--downgrade", action="store_true", help="an older version is meant")
    three.add_argument("--here", action="store_true", help="refuse what is not for this machine and this Python")
    three.set_defaults(do=_check)
    return parser


def _keygen(args: argparse.Namespace, lang: str) -> list[Said]:
    from provisioning.release.passphrase import asked_passphrase
    from provisioning.release.sign import PRIVATE, PUBLIC, keygen  # a bare machine, which checks, has no cryptography

    told = fingerprint(keygen(args.folder, asked_passphrase(args.passphrase_file, lang, new=True)))
    return [Said(f"{args.folder / PRIVATE}：只有发布者持有；与口令分开保存，并留一份备份。",
                 f"{args.folder / PRIVATE}: the publisher's alone; keep it apart from its passphrase, with a copy."),
            Said(f"{args.folder / PUBLIC}：首次安装时放到每台机器上。",
                 f"{args.folder / PUBLIC}: is put onto each machine when it is installed."),
            Said(f"指纹：{told}", f"fingerprint: {told}")]


def _sign(args: argparse.Namespace, lang: str) -> list[Said]:
    from provisioning.release.pack import pack
    from provisioning.release.passphrase import asked_passphrase
    from provisioning.release.sign import public_of, sign

    passphrase = asked_passphrase(args.passphrase_file, lang)
    release = sign(args.bundle, args.key, passphrase)
    path, told = pack(args.bundle, release), fingerprint(public_of(args.key, passphrase))
    return [Said(f"已签名：{path}", f"signed: {path}"), Said(f"密钥指纹：{told}", f"fingerprint of the key: {told}")]


def _check(args: argparse.Namespace, lang: str) -> list[Said]:
    key = read_file(args.key, MAX_PEM)
    told = fingerprint(read_key(key, str(args.key)))
    if args.bundle.is_dir():
        release = verify_by_openssl(args.bundle, key)
    else:
        with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="zaitang-check-") as place:
            release = verify_by_openssl(take(args.bundle, Path(place) / "bundle"), key)
    machine = Machine(platform.machine(), (f"3.{sys.version_info[1]}",))
    meant = machine if args.here else Machine(release.arch, release.pythons)
    for reason in may_install(release, args.installed, meant, args.downgrade):
        raise reason
    return [_summary(release), Said(f"签名密钥的指纹：{told}", f"signed by the key with the fingerprint {told}")]


def _summary(release: Release) -> Said:
    pythons = ", ".join(release.pythons)
    return Said(f"完整且已签名：版本 {release.version}，{release.arch}，Python {pythons}，制作于 {release.made}",
                f"whole and signed: version {release.version}, {release.arch}, Python {pythons}, made {release.made}")


if __name__ == "__main__":
    sys.exit(main())
