"""Serving the console: on the loopback, or by TLS anywhere."""
from __future__ import annotations

import dataclasses
import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from central.alone import alone
from central.aside import tell_aside
from central.doctor.gather import metrics
from central.errors import CannotRead
from central.keeping.beside import kept
from central.overview.beside import followed
from central.renewing import look_after
from central.scrub.beside import scrubbed
from central.web.app import create_app
from central.web.certificate import LOOK_S, Certificate
from central.web.closing import closing
from central.web.errors import CannotListen, NotLoopback, PortInUse
from central.web.guard import LOOPBACK
from central.web.handed_on import taking
from central.web.patience import PatientProtocol
from central.wiring import Centre
from common.logs import Log
from common.notify import READY, TELL_S, Watchdog, tell
from common.texts import N_, translate

STOP_S = 10.0
"""Seconds that a file on its way into the bucket may take at the end; else it goes again."""
SAYS = N_("The console is at {address}")


def serve(centre: Centre, host: str | None, port: int | None, lang: str) -> None:
    """Serve until interrupted. `host`, `port`: instead of those in centre.toml. What is left of uploads that nobody
    goes on with is removed first, and what a crash left is ended. Raises ConsoleRuns, NotLoopback, PortInUse,
    BadServing, CannotWrite."""
    with alone(centre.folder, "console"):
        _serve(centre, host, port, lang)


def _serve(centre: Centre, host: str | None, port: int | None, lang: str) -> None:
    web = centre.config.web
    host, certificate = host or web.host, certificate_of(centre)
    listening = listen(host, web.port if port is None else port, everywhere=certificate is not None)
    _settle(centre)
    shown = dataclasses.replace(web, host=host, port=listening.getsockname()[1])
    print(translate(SAYS, lang, address=shown.address), flush=True)
    app, tls = create_app(centre), dict[str, Any]()
    if certificate is not None:
        look_after(app, certificate.look, LOOK_S)
        context = certificate.context
        tls = {"ssl_context_factory": lambda config, default: context}
    config = uvicorn.Config(
        app, http=PatientProtocol, log_level="warning", server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=3, **tls,
    )
    removing = kept(centre.folder, centre.store, centre.config.keeping.remove)
    scrubbing = scrubbed(centre.scrub, centre.bucket_scrub)
    with (closing(centre.store, centre.clock), followed(centre.folder), _moved(centre), removing, scrubbing,
          taking(centre, app), metrics(centre)):
        look_after(app, Watchdog().step, TELL_S)
        tell(READY)  # whoever comes from now on is only kept waiting
        uvicorn.Server(config).run([listening])


@contextmanager
def _moved(centre: Centre) -> Iterator[None]:
    """What came to stay goes into the bucket meanwhile, where there is one, and gets the copies that policies want."""
    mover = centre.mover()
    if mover is None:
        yield
        return
    second = centre.second_copies(mover)
    mover.start(mover.settle, lambda: second.make(mover.slowly))
    try:
        yield
    finally:
        mover.stop(STOP_S)


def certificate_of(centre: Centre) -> Certificate | None:
    """The one that centre.toml names, if it names one. Raises BadServing."""
    web = centre.config.web
    return Certificate(centre.folder / web.certificate, centre.folder / web.key) if web.tls else None


def _settle(centre: Centre) -> None:
    """End what a crash left. A disk that cannot be written may still be looked at."""
    log = Log("console")
    try:
        if swept := centre.objects.parts.sweep(time.time()):
            log.info("uploads.swept", files=swept)
        if told := tell_aside(centre.store, centre.objects, centre.sheets):
            log.warning("files.changed", files=told)
        centre.cache.settle()
    except (CannotRead, OSError) as error:
        log.failed("uploads.unswept", error)


def listen(host: str, port: int, everywhere: bool = False) -> socket.socket:
    """A listening socket. `everywhere`: also at other addresses than the loopback. Raises NotLoopback, PortInUse,
    CannotListen."""
    if host not in LOOPBACK and not everywhere:
        raise NotLoopback(host=host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OverflowError:
        listening.close()
        raise CannotListen(host=host, port=port, why=N_("a port is a number from 0 to 65535")) from None
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=port) from None
        raise CannotListen(host=host, port=port, why=error.strerror) from None
    return listening
