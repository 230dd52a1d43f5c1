"""The folder from which Mosquitto runs: its configuration, who may say what, the centre's certificate, revoked ones.

    mosquitto.conf acl.txt tls.pem tls-root.pem revoked.pem data/

Everybody shows a certificate of this site, is called by the name in it, and has one session under that name.
"""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from central.authority import TLS_ROOT, tls_authorities
from central.config import CentreConfig
from central.devices.connections import revocation_list
from central.devices.errors import NoMosquitto
from central.devices.own import OWN
from central.errors import CannotWrite
from central.files import PRIVATE, read, replace
from central.ingest.collector import MAX_MESSAGE

CONF, ACL, REVOKED, DATA = "mosquitto.conf", "acl.txt", "revoked.pem", "data"
FROM_BOX = ("records", "heartbeats", "presence")
TO_BOX = ("receipts", "orders/+", "stated/+", "moves/+", "withdrawn/+", "checkpoint", "gaps")
"""What a box says and hears below zaitang/v1/ITS-NAME/."""

TEMPLATE = """\
# Written by zaitang-central; changes are lost.
listener {port} {host}
cafile {folder}/tls-root.pem
certfile {folder}/tls.pem
keyfile {folder}/tls.pem
crlfile {folder}/revoked.pem
tls_version tlsv1.3
require_certificate true
# Who somebody is, and whose session: the name in the certificate, whatever is claimed.
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {folder}/acl.txt
# What is larger than any record is no record.
message_size_limit {message}
max_packet_size {packet}
max_inflight_messages 100
# A queue that is full drops messages, and boxes send again what has no receipt.
max_queued_messages 100000
max_queued_bytes 268435456
persistent_client_expiration 14d
persistence true
persistence_location {folder}/data/
autosave_interval 60
log_dest stderr
{user}"""


def write_folder(
    folder: Path, config: CentreConfig, keys: Path, revoked: Iterable[int], now_us: int
) -> None:
    """Write all of it, each file old or new but never half. Raises CannotWrite, BadKeyFile, NoIntermediate."""
    folder = folder.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / DATA).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotWrite(path=folder, why=error.strerror) from None
    for name in (OWN, TLS_ROOT):
        replace(folder / name, read(keys / name), PRIVATE)
    write_revoked(folder, keys, revoked, now_us)
    replace(folder / ACL, acl(config.device).encode())
    replace(folder / CONF, configuration(folder, config).encode())


def write_revoked(folder: Path, keys: Path, revoked: Iterable[int], now_us: int) -> None:
    """Write the lists of revoked certificates, one of each authority. Raises BadKeyFile, NoIntermediate."""
    serials = sorted(set(revoked))
    lists = b"".join(revocation_list(one, serials, now_us) for one in tls_authorities(keys))
    replace(folder / REVOKED, lists)


def configuration(folder: Path, config: CentreConfig) -> str:
    """mosquitto.conf. A broker that root starts stays root, or it could not read keys that are ours alone."""
    return TEMPLATE.format(
        port=config.broker.port, host=config.devices.host, folder=folder, message=MAX_MESSAGE,
        packet=MAX_MESSAGE + 1024, user="user root\n" if os.geteuid() == 0 else "")


def acl(centre: str) -> str:
    """Who may say and hear what: a box only what is its own, the centre all."""
    box = [f"pattern write zaitang/v1/%u/{topic}" for topic in FROM_BOX]
    box += [f"pattern read zaitang/v1/%u/{topic}" for topic in TO_BOX]
    own = [f"topic read zaitang/v1/+/{topic}" for topic in FROM_BOX]
    own += [f"topic write zaitang/v1/+/{topic}" for topic in TO_BOX]
    own += ["topic read $SYS/broker/#"]
    return "\n".join([*box, "", f"user {centre}", *own, ""])


def program() -> str:
    """Where Mosquitto is installed. Raises NoMosquitto."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoMosquitto
    return found


def command(folder: Path) -> Sequence[str]:
    """The command line of the broker; it ends with whoever started it. Raises NoMosquitto."""
    run = [program(), "-c", str(folder.absolute() / CONF)]
    setpriv = shutil.which("setpriv")
    return run if setpriv is None else [setpriv, "--pdeathsig", "TERM", *run]
