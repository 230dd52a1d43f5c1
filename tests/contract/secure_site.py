"""A site as it is installed for other machines: broker, collector, the server for boxes and the console, each a process
of its own and each under TLS, and a box that has joined. The console's certificate is of an authority of its own.
"""
from __future__ import annotations

import base64
import datetime
import hashlib
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from central.wiring import Centre, open_centre
from edge.clock import boottime_us, machine_boot_id
from evidence.certs import pem
from provisioning.demo.services import Services, free_port, listens, run, tool

NAME = "console.example"
"""By which browsers reach the console: no address of the loopback, to which they apply other rules."""
DEVICE, SERIAL = "box-1", "100000003d1d1c36"
PASSWORD = "correct horse battery"
CENTRE_TOML = """\
device = "centre"
name = "三门峡监管中心"
accept_test_keys = true
[web]
port = {console}
certificate = "web/console.pem"
key = "web/console.key"
names = ["{name}"]
[broker]
port = {broker}
tls = true
[devices]
port = {devices}
names = ["localhost"]
"""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CLOCK = """
[clock]
source = "simulated"
start = "{start}"
rate = 1
anchor_boot_us = {boot_us}
boot_id = "{boot_id}"
"""


class SecureSite:
    """Folders, ports and processes. `spki`: SHA-256 of the key of the console's certificate, base64."""

    def __init__(self, folder: Path, services: Services) -> None:
        self.folder, self.centre, self.box, self.services = folder, folder / "centre", folder / "box", services
        self.broker, self.console, self.devices = (free_port(f"SITE_{n}") for n in ("BROKER", "CONSOLE", "DEVICES"))
        self.address = f"https://{NAME}:{self.console}"
        self.ca, self.spki = folder / "console-ca.pem", ""

    @property
    def root(self) -> Path:
        """The root certificate of the site."""
        return self.centre / "keys" / "root.pem"

    def central(self, *words: object) -> str:
        """What a command of the centre says at its end."""
        return run("zaitang-central", *words, "--centre", self.centre)

    def start(self) -> None:
        """The centre, and the box joins it."""
        run("zaitang-central", "init", self.centre, "--test-keys")
        self._certify_console()
        (self.centre / "centre.toml").write_text(CENTRE_TOML.format(
            console=self.console, broker=self.broker, devices=self.devices, name=NAME))
        for name in ("broker", "devices", "serve"):
            self.services.start(name, [tool("zaitang-central"), name, "--centre", self.centre])
        for name, port in (("broker", self.broker), ("devices", self.devices), ("serve", self.console)):
            self.services.wait(name, lambda port=port: listens(port))
        self.services.start("collect", [tool("zaitang-central"), "collect", "--centre", self.centre])
        self._join()

    def start_sync(self, at: str | None = None, as_joined: bool = False) -> None:
        """Let the box send and receive. `at`: what its clock says now, which is then a simulated one; `as_joined`: by
        what `join` wrote, and nothing else."""
        clock = "" if at is None else CLOCK.format(start=at, boot_us=boottime_us(), boot_id=machine_boot_id())
        (self.box / "box.toml").write_text((self._joined if as_joined else self._box_toml) + clock)
        self.services.start("box", [tool("zaitang-edge"), "run", "--box", self.box, "--only", "sync"])

    @contextmanager
    def open(self) -> Iterator[Centre]:
        """The centre's parts, to look at what its processes keep."""
        centre = open_centre(self.centre)
        try:
            yield centre
        finally:
            centre.store.close()

    def _join(self) -> None:
        """`zaitang-edge init` and `join`, and somebody at the centre who approves. Video goes to the console."""
        run("zaitang-edge", "init", self.box, "--device", DEVICE, "--policy", "demo")
        said = self.central("box", "claim", DEVICE, "--serial", SERIAL)
        token, pin = (re.search(rf"--{name} (\S+)", said)[1] for name in ("token", "pin"))  # type: ignore[index]
        with ThreadPoolExecutor(1) as pool, self.open() as centre:
            joins = pool.submit(
                run, "zaitang-edge", "join", self.box, "--centre", f"https://localhost:{self.devices}", "--token",
                token, "--pin", pin, "--serial", SERIAL, "--wait", "2")
            self.services.wait("join", lambda: joins.done() or bool(centre.desk().pending()))
            self.central("box", "approve", DEVICE)
            joins.result()
        self._joined = joined = (self.box / "box.toml").read_text()
        self._box_toml = re.sub(r'(?m)^segments = .*$', f'segments = "https://localhost:{self.console}"\n'
                                f'ca = "{self.ca}"', joined)
        assert str(self.ca) in self._box_toml

    def _certify_console(self) -> None:
        self.spki = certify_console(self.centre / "web", self.ca, x509.DNSName(NAME), x509.DNSName("localhost"))


def certify_console(folder: Path, ca: Path, *names: x509.GeneralName) -> str:
    """A certificate such as an office's own authority gives, with the names that browsers and boxes use, and its key in
    a new folder; the authority's own in `ca`. SHA-256 of its key, base64, is returned."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, now = _named("Office CA"), datetime.datetime.now(datetime.UTC)

    def made(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(hours=1))
                .not_valid_after(now + datetime.timedelta(days=30)))

    own_ca = made(issuer, authority.public_key()).add_extension(
        x509.BasicConstraints(True, 0), True).add_extension(
        x509.KeyUsage(False, False, False, False, False, True, True, False, False), True).sign(
        authority, hashes.SHA256())
    own = made(_named(NAME), key.public_key()).add_extension(
        x509.SubjectAlternativeName(names), False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False).sign(
        authority, hashes.SHA256())
    folder.mkdir()
    ca.write_text(pem(own_ca))
    (folder / "console.pem").write_text(pem(own))
    (folder / "console.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


@contextmanager
def browser_at(site: SecureSite) -> Iterator[Browser]:
    """Chromium on a machine that finds the console by its name, and trusts its certificate."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={site.spki}"])
        yield opened
        opened.close()


def somebody(browser: Browser, site: SecureSite, lang: str = "zh") -> BrowserContext:
    """A browser of one's own."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", accept_downloads=True,
        base_url=site.address, locale="zh-CN" if lang == "zh" else "en-US")
    context.set_default_timeout(30_000)
    context.on("weberror", lambda error: pytest.fail(str(error.error)))
    return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
