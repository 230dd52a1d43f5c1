"""centre.toml: what the operator decides. Strict: an unknown key or a number out of range names file and key."""
from __future__ import annotations

import dataclasses
import tomllib
import urllib.parse
from pathlib import Path
from typing import Annotated, Literal

from central.errors import BadTarget, CannotRead, NoCentre
from central.store.address import SHAPE, address_of
from central.store.errors import BadAddress
from central.webhook.post import place_of
from common.texts import N_
from evidence.errors import BadShape
from evidence.records import Id
from evidence.shape import Between, Match, decode

Port = Annotated[int, Between(0, 65535)]
ServerName = Annotated[str, Match(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?", "a name or address of a machine")]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

MAX_BYTES = 1 << 18
ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
"""Of a mailbox, as far as it is used here: ASCII, nothing that a header could end with."""


@dataclasses.dataclass(frozen=True)
class Web:
    """Where the console listens. `certificate`, `key`: files in PEM, from the centre's folder on; with them it is
    served by TLS, and may listen elsewhere than on the loopback. `names`: by which browsers reach it there."""

    host: str = "127.0.0.1"
    port: Port = 8470
    certificate: str = ""
    key: str = ""
    names: tuple[ServerName, ...] = ()

    @property
    def tls(self) -> bool:
        """Whether it is served by TLS."""
        return bool(self.certificate)

    @property
    def address(self) -> str:
        """What a browser opens, with a slash at its end."""
        host = self.names[0] if self.names else self.host
        place = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{place}:{self.port}/"


@dataclasses.dataclass(frozen=True)
class Broker:
    """The MQTT 5 broker between boxes and collector. Without `tls` only on the loopback."""

    host: str = "127.0.0.1"
    port: Annotated[int, Between(1, 65535)] = 1883
    tls: bool = False


@dataclasses.dataclass(frozen=True)
class Devices:
    """Where boxes introduce themselves. `names`: in the centre's certificate; `broker`: where boxes find the broker, if
    it is on another machine."""

    host: str = "127.0.0.1"
    port: Port = 8471
    names: tuple[ServerName, ...] = ("localhost", "127.0.0.1")
    broker: ServerName | None = None


@dataclasses.dataclass(frozen=True)
class TreeConfig:
    """The transparency tree. `witnesses`: verifier keys; `stamp_url`: a time-stamping authority, or empty."""

    checkpoint_s: Annotated[int, Between(1, 3600)] = 60
    witnesses: tuple[str, ...] = ()
    stamp_url: Annotated[str, Match(r"(https?://.{1,500})?", "an address like http://tsa.example/, or nothing")] = ""


@dataclasses.dataclass(frozen=True)
class Boxes:
    """`silent_min`: after so many minutes without a word from a box an alarm says so."""

    silent_min: Annotated[int, Between(1, 1440)] = 10


@dataclasses.dataclass(frozen=True)
class WebhookTarget:
    """Who is told what became of classes. `private`: its address may be of a private network; `ca`: a PEM file of who
    vouches for it, empty: whom this machine trusts; `alarms`: it is told of alarms, too; `alarms_of`: of those of these
    institutions alone, none: of all."""

    name: Id
    url: Annotated[str, Match(r"https://.{1,500}", "an address like https://system.example/events")]
    private: bool = False
    ca: str = ""
    alarms: bool = False
    alarms_of: tuple[Id, ...] = ()


@dataclasses.dataclass(frozen=True)
class Webhook:
    """Systems that are told. Without any nothing is sent."""

    targets: tuple[WebhookTarget, ...] = ()


@dataclasses.dataclass(frozen=True)
class Mail:
    """The server that takes mail. `host`: empty where there is none; `ca`: a PEM file of who vouches for it, empty:
    whom this machine trusts; `sender`: the address in From."""

    host: Annotated[str, Match(r"([A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?)?", "a name of a machine")] = ""
    port: Annotated[int, Between(1, 65535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Match(r"[\x21-\x7e]{0,200}", "a name without spaces, or nothing")] = ""
    sender: Annotated[str, Match(f"({ADDRESS})?", "an address like zaitang@system.example")] = ""
    ca: str = ""


@dataclasses.dataclass(frozen=True)
class Replay:
    """`cache_gb`: so many thousand million bytes of video may lie here that boxes keep and sent because it was asked
    for, and copies that were made of video for browsers."""

    cache_gb: Annotated[int, Between(1, 1_000_000)] = 50

    @property
    def cache_bytes(self) -> int:
        """The same in bytes."""
        return self.cache_gb * 1_000_000_000


@dataclasses.dataclass(frozen=True)
class BucketPlace:
    """Where video is kept: `name` of a bucket of an object store (S3); empty: on this machine alone. `prefix`: below
    which name in it; `endpoint`: the address of a store that is not Amazon's own, by TLS but on the loopback. What lies
    there may lie here, too, as `[replay] cache_gb` says."""

    name: Annotated[str, Match(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?", "the name of a bucket, or nothing")] = ""
    prefix: Annotated[str, Match(r"([A-Za-z0-9._-]{1,64}(/[A-Za-z0-9._-]{1,64}){0,3})?", "a name like zaitang")] = ""
    endpoint: Annotated[str, Match(r"(https?://[^/?#@\s]{1,250})?", "an address like https://s3.example")] = ""
    region: Annotated[str, Match(r"[a-z0-9-]{1,40}", "the name of a region")] = "us-east-1"

    def __str__(self) -> str:
        """Which bucket it is, as it is remembered where its files are."""
        return "/".join(filter(None, (self.endpoint or f"s3.{self.region}", self.name, self.prefix)))

    @property
    def loopback(self) -> bool:
        """Whether the store is on this very machine."""
        return urllib.parse.urlsplit(self.endpoint).hostname in LOOPBACK


@dataclasses.dataclass(frozen=True)
class Keeping:
    """`remove`: the console removes once a day what may go; without that only `zaitang-central keep apply` does."""

    remove: bool = False


@dataclasses.dataclass(frozen=True)
class Metrics:
    """At which port of this machine numbers are served to Prometheus (docs/health.md); 0: none."""

    port: Port = 0


@dataclasses.dataclass(frozen=True)
class CentreConfig:
    """The whole file."""

    device: Id
    name: str
    accept_test_keys: bool = False
    database: Annotated[str, Match(SHAPE, "an address like postgresql://zaitang@db.example/zaitang, or nothing")] = ""
    web: Web = Web()
    broker: Broker = Broker()
    tree: TreeConfig = TreeConfig()
    devices: Devices = Devices()
    boxes: Boxes = Boxes()
    replay: Replay = Replay()
    bucket: BucketPlace = BucketPlace()
    webhook: Webhook = Webhook()
    keeping: Keeping = Keeping()
    metrics: Metrics = Metrics()
    mail: Mail = Mail()


def load_config(folder: Path) -> CentreConfig:
    """`folder`/centre.toml. Raises NoCentre, CannotRead, BadShape."""
    path = folder / "centre.toml"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8")
    except FileNotFoundError:
        raise NoCentre(folder=folder) from None
    except OSError as error:
        raise CannotRead(path=path, why=error.strerror) from None
    except UnicodeDecodeError:
        raise CannotRead(path=path, why=N_("it is not UTF-8 text")) from None
    if len(data) > MAX_BYTES:
        raise BadShape(where=path, key="(whole)", why="the text is too long")
    try:
        config = decode(CentreConfig, tomllib.loads(text), str(path), strict=True)
    except (ValueError, RecursionError) as error:  # of numbers with thousands of digits, too, and of deep nesting
        raise BadShape(where=path, key="(whole)", why=str(error)) from None
    if not config.broker.tls and config.broker.host not in LOOPBACK:
        raise BadShape(where=path, key="broker.tls", why=N_("a broker on another machine is reached by TLS only"))
    try:
        address_of(config.database)
    except BadAddress as error:
        raise BadShape(where=path, key="database", why=error.params["why"]) from None
    _check_targets(config.webhook, path)
    _check_mail(config.mail, path)
    if bool(config.web.certificate) != bool(config.web.key):
        raise BadShape(where=path, key="web.key", why=N_("a certificate and its key belong together"))
    if config.web.tls and config.web.host not in LOOPBACK and not config.web.names:
        raise BadShape(where=path, key="web.names", why=N_("at least one name or address is needed"))
    if config.bucket.endpoint.startswith("http:") and not config.bucket.loopback:
        raise BadShape(where=path, key="bucket.endpoint", why=N_(
            "it must begin with https://: video crosses no network in the open"))
    if not config.devices.names:
        raise BadShape(where=path, key="devices.names", why=N_("at least one name or address is needed"))
    return config


def _check_mail(mail: Mail, path: Path) -> None:
    """Raises BadShape."""
    if mail.host and not mail.sender:
        raise BadShape(where=path, key="mail.sender", why=N_("mail needs an address that it comes from"))
    if mail.tls == "none" and mail.host and (mail.host not in LOOPBACK or mail.user):
        raise BadShape(where=path, key="mail.tls", why=N_(
            "without TLS only a server on this very machine is spoken to, and without a password"))


def _check_targets(webhook: Webhook, path: Path) -> None:
    """Each has a name of its own and an address that can be used. Raises BadShape."""
    for number, one in enumerate(webhook.targets):
        try:
            place_of(one.url, one.private, None)
        except BadTarget as error:
            raise BadShape(where=path, key=f"webhook.targets.{number}.url", why=error) from None
    if len({one.name for one in webhook.targets}) < len(webhook.targets):
        raise BadShape(where=path, key="webhook.targets", why=N_("two targets have one name"))
