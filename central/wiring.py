"""The one place that builds the centre's real parts: folder, keys, clock, database, files."""
from __future__ import annotations

import dataclasses
import functools
import secrets
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.accounts.codes import CodeBox
from central.accounts.desk import AccountDesk
from central.accounts.door import Door
from central.accounts.passwords import Passwords
from central.alarms.watcher import Watcher
from central.bucket.bucket import Bucket
from central.bucket.fetch import Fetcher
from central.bucket.keys import bucket_keys
from central.bucket.mover import Mover
from central.bucket.second import SecondCopies
from central.bucket.settled import settle_place
from central.cache.cache import Cache
from central.centre_toml import TEMPLATES
from central.classes.kept_files import KeptFiles
from central.classes.sheets import sweep
from central.clock import Clock, SystemClock
from central.config import CentreConfig, load_config
from central.devices.desk import Desk
from central.devices.ledger import NAME as LEDGER
from central.devices.ledger import Ledger
from central.devices.own import OwnTls, client_context, keep_certificate
from central.devices.welcome import Welcome
from central.errors import (
    CannotWrite,
    CentreExists,
    NoMailServer,
    WrongDevice,
)
from central.ingest.broker import BrokerLink
from central.ingest.collector import Collector
from central.ingest.keyring import Keyring
from central.ingest.signatures import Here
from central.keeping.apply import Remover
from central.keeping.erasing import finish_erasures
from central.keys import CentreKeys, accounts_key, load_centre_keys, make_centre_keys, sealing_key
from central.mail.mailer import Mailer
from central.mail.post import Answer, Server, message, server_of
from central.mail.post import post as post_mail
from central.names import NameBox
from central.objects import Objects
from central.papers import Papers
from central.place import place_of
from central.plans.ids import IdBox, people_key
from central.plans.plans import Plans
from central.scrub.bucket import BucketScrub
from central.scrub.scrub import Scrub
from central.signing import signing_s
from central.store.address import address_of
from central.store.letters import Letter
from central.store.store import Store
from central.tree.keeper import Keeper
from central.tree.stamp import Authority
from central.tree.tree import Tree
from central.tree.witnesses import witness_keys
from central.webhook.events import wants_alarm
from central.webhook.post import place_of as place_of_target
from central.webhook.post import post
from central.webhook.secret import secret_of
from central.webhook.worker import Target
from evidence.bodies import Genesis
from evidence.certs import fingerprint, split_chain
from evidence.checkpoint import Stated, log_key, origin_of
from evidence.errors import TestKey, ZaitangError
from evidence.notes import NoteKey

COLLECTOR_ID = "collector"


@dataclasses.dataclass(frozen=True)
class Centre:
    """An open centre."""

    folder: Path
    config: CentreConfig
    keys: CentreKeys
    clock: Clock
    store: Store
    names: NameBox
    objects: Objects
    ledger: Ledger
    witnesses: tuple[NoteKey, ...]
    """Whose cosignatures count."""

    def tree(self) -> Tree:
        """The transparency tree, which grows and is signed."""
        return Tree(self.store, self.store.log, self.keys.signer)

    def checkpoint(self) -> Stated:
        """Sign how the tree looks now. Raises ClockNotSet, ClockBehind, TreeDamaged."""
        return self.tree().issue(signing_s(self.clock, self.keys.test))

    def keeper(self) -> Keeper:
        """What issues checkpoints."""
        tree = self.config.tree
        stamp = Authority(tree.stamp_url).stamp if tree.stamp_url else None
        return Keeper(self.tree(), self.store, self.clock, tree.checkpoint_s, stamp, self.keys.test)

    def plans(self) -> Plans:
        """Drafts of classes, and what becomes of them. Raises BadKeyFile."""
        return Plans(self.store, self.names, IdBox(people_key(self.folder / "keys")), self.clock)

    def papers(self) -> Papers:
        """Signatures, scanned sheets and exports of other systems."""
        return Papers(self.folder / "objects" / "papers")

    @functools.cached_property
    def sheets(self) -> Objects:
        """Contact sheets that boxes sent, sealed to `sealing_key`."""
        return Objects(self.folder / "objects" / "sheets", ".sealed")

    @functools.cached_property
    def derived(self) -> Objects:
        """What was made of video for browsers, by the hashes of what it was made of; it may be thrown away."""
        return Objects(self.folder / "objects" / "derived")

    @functools.cached_property
    def cache(self) -> Cache:
        """What of the video here goes when there is too much of it."""
        return Cache(self.store, self.objects, self.derived, self.config.replay.cache_bytes)

    def remover(self) -> Remover:
        """What removes video whose time is over."""
        return Remover(
            self.store, self.objects, self.derived, self.cache, self.bucket, self.clock, self.keys.test)

    @functools.cached_property
    def bucket(self) -> Bucket | None:
        """The bucket in which video is kept; None where it is kept here alone. Raises OtherBucket, BadKeyFile,
        BadShape, BadBucketKeys."""
        place = self.config.bucket
        if not place.name:
            return None
        with self.store.write() as tx:
            settle_place(tx, str(place))
        return self.bucket_named()

    def bucket_named(self) -> Bucket:
        """The bucket that centre.toml names, whether files lie in another one or not. Raises BadKeyFile, BadShape,
        BadBucketKeys."""
        return Bucket(self.config.bucket, bucket_keys(self.folder / "keys"))

    @functools.cached_property
    def fetcher(self) -> Fetcher:
        """What brings video back from the bucket. Raises what `bucket` raises."""
        return Fetcher(self.store, self.objects, self.cache, self.bucket, lambda: self.clock.stamp().utc_us)

    def mover(self) -> Mover | None:
        """What moves video into the bucket, where there is one. Raises what `bucket` raises."""
        if self.bucket is None:
            return None
        return Mover(self.store, self.objects, self.cache, self.bucket, lambda: self.clock.stamp().utc_us)

    def second_copies(self, mover: Mover | None) -> SecondCopies:
        """What makes the copies that policies want. Raises what `bucket` raises."""
        return SecondCopies(
            self.store, self.objects, self.cache, self.fetcher, mover, lambda: self.clock.stamp().utc_us)

    def scrub(self, paced: Callable[[int], None]) -> Scrub:
        """What reads stored video again. `paced`: told of bytes, it may wait. Raises what `bucket` raises."""
        return Scrub(self.store, self.objects, self.fetcher, self.bucket, lambda: self.clock.stamp().utc_us, paced)

    def bucket_scrub(self, paced: Callable[[int], None]) -> BucketScrub | None:
        """The same for what lies in the bucket, where there is one."""
        if self.bucket is None:
            return None
        return BucketScrub(self.store, self.objects, self.cache, self.bucket, lambda: self.clock.stamp().utc_us, paced)

    def has_video(self, sha256: str) -> bool:
        """Whether the centre keeps this file of a box: here, or in the bucket."""
        return self.objects.has(sha256) or self.fetcher.there(sha256) is not None

    @functools.cached_property
    def kept_files(self) -> KeptFiles:
        """What was worked out of classes, which may be thrown away."""
        return KeptFiles(self.folder / "kept", self.keys.names_key)

    def sealing_key(self) -> X25519PrivateKey:
        """What opens that which boxes seal to this centre. Raises BadKeyFile."""
        return sealing_key(self.folder / "keys")

    def keyring(self) -> Keyring:
        """Whom this centre believes."""
        return Keyring(self.keys.root, self.config.accept_test_keys)

    def collector(self, signatures: Here | None = None) -> Collector:
        """What turns messages into records. `signatures`: who checks them, if not this process alone."""
        return Collector(
            self.store, self.keyring(), self.keys.signer, self.clock, signatures or Here(), self.ledger, self.keys.test)

    @property
    def root_fingerprint(self) -> str:
        """What boxes and auditors pin."""
        return fingerprint(self.keys.root)

    def desk(self) -> Desk:
        """Where boxes are approved."""
        return Desk(self.store, self.folder / "keys", self.keyring(), self.clock, self.ledger)

    def welcome(self) -> Welcome:
        """Where boxes introduce themselves and are claimed."""
        return Welcome(self.store, self.clock)

    def account_desk(self) -> AccountDesk:
        """Where accounts and institutions are made."""
        return AccountDesk(self.store, self.clock, Passwords())

    def door(self) -> Door:
        """Where people sign in; one for all of a process. Raises BadKeyFile."""
        passwords, codes = Passwords(), CodeBox(accounts_key(self.folder / "keys"))
        return Door(self.store, self.clock, passwords, codes, AccountDesk(self.store, self.clock, passwords))

    def keep_certificate(self) -> bool:
        """See to it that the centre's certificate for connections is good. True if it is a new one.

        Raises NoIntermediate, BadKeyFile."""
        names = tuple(dict.fromkeys((*self.config.devices.names, self.config.broker.host, "localhost")))
        return keep_certificate(self.folder / "keys", self.store.device, names, self.clock.stamp().utc_us)

    def sweep_sheets(self) -> None:
        """Remove the contact sheets that may not lie here any more. Raises CannotRead, OSError."""
        sweep(self.store, self.sheets, self.clock.stamp().utc_us)

    def tidy(self) -> None:
        """Remove the contact sheets that may not lie here any more, and certify the faces that are erased everywhere.
        Raises CannotRead, OSError."""
        self.sweep_sheets()
        finish_erasures(self.store, self.sheets, self.clock.stamp().utc_us)

    def webhook_targets(self) -> tuple[Target, ...]:
        """Who is told of events. Raises BadKeyFile, CannotWrite."""
        found = []
        for one in self.config.webhook.targets:
            place = place_of_target(one.url, one.private, Path(one.ca) if one.ca else None)
            found.append(Target(one.name, functools.partial(post, place, secret_of(self.folder, one.name)),
                                wants_alarm(one.alarms, one.alarms_of)))
        return tuple(found)

    def watcher(self) -> Watcher:
        """What keeps the alarms that people are told."""
        return Watcher(self.store, self.clock, any(one.alarms for one in self.config.webhook.targets))

    def mail_server(self) -> Server:
        """Who takes mail. Raises NoMailServer, BadKeyFile."""
        if not self.config.mail.host:
            raise NoMailServer
        return server_of(self.config.mail, self.folder / "keys")

    def mailer(self) -> Mailer:
        """What sends mail of alarms. Raises NoMailServer, BadKeyFile."""
        server = self.mail_server()

        def send(to: str, letter: Letter) -> Answer:
            return post_mail(server, message(server.mail, to, letter.subject, letter.body, letter.id, letter.made_us))

        return Mailer(self.store, self.clock, send, self.config.name, self.config.web.address)

    def broker_link(self, signatures: Here | None = None) -> BrokerLink:
        """The connection of one collector process."""
        broker, tls = self.config.broker, None
        if broker.tls:
            self.keep_certificate()
            keys = self.folder / "keys"
            tls = OwnTls(client_context(keys), keys, self.keep_certificate)
        return BrokerLink(broker.host, broker.port, f"{self.store.device}-{COLLECTOR_ID}", self.collector(signatures),
                          self.store, self.names, self.keys.certificate, self.config.boxes.silent_min, tls,
                          self.tidy)


def init_centre(
    folder: Path, test_keys: bool, clock: Clock | None = None, passphrase: bytes | None = None, database: str = "",
    lang: str = "en",
) -> Centre:
    """Make a centre's folder: centre.toml, a new root, keys, an empty database; all of it, or nothing. `passphrase`:
    what opens the root's key; only test keys do without. `database`: the address of one of PostgreSQL. `lang`: of what
    centre.toml says of its keys.

    Raises CentreExists, WeakPassphrase, CannotWrite, BadAddress, OtherDatabase, DatabaseUnusable."""
    address_of(database)
    folder, clock = folder.absolute(), clock or SystemClock()
    temp = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise CentreExists(folder=folder)
        temp.mkdir(parents=True)
        text = TEMPLATES[lang].format(test="true" if test_keys else "false", database=database)
        (temp / "centre.toml").write_text(text, encoding="utf-8")
        device, now_us = load_config(temp).device, clock.stamp().utc_us
        make_centre_keys(temp / "keys", temp / "root", device, now_us, test_keys, passphrase)
        open_centre(temp, clock).store.close()
        temp.rename(folder)
    except OSError as error:
        raise CannotWrite(path=folder, why=error.strerror) from None
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return open_centre(folder, clock)


def open_centre(folder: Path, clock: Clock | None = None, word: bytes | None = None) -> Centre:
    """Open a centre's folder. `word`: the passphrase of its keys, if not the machine's. Raises NoCentre, BadShape,
    BadKeyFile, TestKey, BadWitness, DatabaseUnusable."""
    config, clock = load_config(folder), clock or SystemClock()
    keys = load_centre_keys(folder / "keys", word)
    if keys.test and not config.accept_test_keys:
        raise TestKey(where=folder / "keys" / "centre.pem")
    if keys.name != config.device:
        raise WrongDevice(folder=folder, config=config.device, certificate=keys.name)
    certificate, intermediates = split_chain(keys.certificate)
    genesis = Genesis(
        keyid=keys.signer.keyid, certificate=certificate, root=fingerprint(keys.root),
        software=f"zaitang {version('zaitang')}", intermediates=intermediates,
    )
    log = log_key(origin_of(fingerprint(keys.root), config.device), keys.public_key)
    store = Store(place_of(folder, config), config.device, keys.signer, genesis, log, clock)
    ledger = Ledger(folder / LEDGER, store, clock)
    try:
        ledger.settle()
    except ZaitangError:
        store.close()
        raise
    return Centre(folder, config, keys, clock, store, NameBox(keys.names_key), Objects(folder / "objects"),
                  ledger, witness_keys(config.tree.witnesses, folder / "centre.toml"))
