"""A bundle is copied and checked before anything of it is installed: against the key that this machine trusts, file by
file."""
from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.journal import FOLDER
from provisioning.install.options import KEY, Options
from provisioning.install.said import InstallError, Said
from provisioning.release.about import Machine, may_install
from provisioning.release.check import read_file, verify_by_openssl
from provisioning.release.errors import BadRelease
from provisioning.release.key import MAX_PEM, fingerprint, read_key
from provisioning.release.take import take

COPY = f"{FOLDER}/taken"


@contextmanager
def checked(host: Host, options: Options) -> Iterator[Options]:
    """The same options with a checked copy of the bundle, which only root reaches, and which goes afterwards: what is
    on a stick can be another thing when it is read again.

    Raises InstallError for what is not whole, not of that publisher, or not for this machine. `wrong` has seen to it
    that there is a key; the first one is told, because people compare it."""
    copy = host.at(COPY)
    shutil.rmtree(copy, ignore_errors=True)
    try:
        _check(host, options, copy)
        yield dataclasses.replace(options, source=dataclasses.replace(options.source, folder=copy))
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _check(host: Host, options: Options, copy: Path) -> None:
    trusted = host.at(KEY)
    first = options.release_key is not None and not trusted.exists()
    try:
        key = options.release_key if first and options.release_key else read_file(trusted, MAX_PEM)
        host.say(Said("正在拷贝并核对安装包……", "Copying and checking the bundle ..."))
        release = verify_by_openssl(take(options.source.folder, copy), key)
        reasons = may_install(release, None, Machine(host.machine.arch, (host.machine.python,)))
        if first:
            _tell(host, key)
    except BadRelease as error:
        reasons = [error]
    if reasons:
        raise InstallError(*("\n".join(reason.words(lang) for reason in reasons) for lang in ("zh", "en")))


def _tell(host: Host, key: bytes) -> None:
    told = fingerprint(read_key(key))
    host.say(Said(f"安装包由此密钥签署，以后的更新也须由它签署。请向发布者核对指纹：\n    {told}",
                  "It is signed by this key, and so must updates be. Compare its fingerprint with the publisher's:\n"
                  f"    {told}"))
