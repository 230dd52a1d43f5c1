"""A bundle is checked before anything of it is installed: against the key that this machine trusts, file by file."""
from __future__ import annotations

from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.options import KEY, Options
from provisioning.install.said import InstallError, Said
from provisioning.release.about import Machine, may_install
from provisioning.release.check import read_file, verify_by_openssl
from provisioning.release.errors import BadRelease
from provisioning.release.key import MAX_PEM, fingerprint, read_key


def check(host: Host, options: Options) -> None:
    """Raises InstallError for what is not whole, not of that publisher, or not for this machine. `wrong` has seen to it
    that there is a key; the first one is told, because people compare it."""
    trusted = host.at(KEY)
    key = trusted if trusted.exists() or options.release_key is None else options.release_key
    try:
        host.say(Said("正在核对安装包……", "Checking the bundle ..."))
        release = verify_by_openssl(options.source.folder, key)
        reasons = may_install(release, None, Machine(host.machine.arch, (host.machine.python,)))
        if key != trusted:
            _tell(host, key)
    except BadRelease as error:
        reasons = [error]
    if reasons:
        raise InstallError(*("\n".join(reason.words(lang) for reason in reasons) for lang in ("zh", "en")))


def _tell(host: Host, key: Path) -> None:
    told = fingerprint(read_key(read_file(key, MAX_PEM)))
    host.say(Said(f"安装包由此密钥签署，以后的更新也须由它签署。请向发布者核对指纹：\n    {told}",
                  "It is signed by this key, and so must updates be. Compare its fingerprint with the publisher's:\n"
                  f"    {told}"))
