"""Serving the console: on the loopback, or by TLS anywhere."""
from __future__ import annotations

import dataclasses
import errno
import socket
import ssl
import time
from typing import Any

import uvicorn

from central.errors import BadKeyFile, BadServing, CannotListen, CannotRead, NotLoopback, PortInUse
from central.overview.beside import followed
from central.web.app import create_app
from central.web.closing import closing
from central.web.guard import LOOPBACK
from central.web.patience import PatientProtocol
from central.wiring import Centre
from common.logs import Log
from common.texts import N_, translate

SAYS = N_("The console is at {address}")


def serve(centre: Centre, host: str | None, port: int | None, lang: str) -> None:
    """Serve until interrupted. `host`, `port`: instead of those in centre.toml. What is left of uploads that nobody
    goes on with is removed first. Raises NotLoopback, PortInUse, BadServing."""
    web = centre.config.web
    host, tls = host or web.host, tls_files(centre)
    listening = listen(host, web.port if port is None else port, everywhere=bool(tls))
    _sweep(centre)
    shown = dataclasses.replace(web, host=host, port=listening.getsockname()[1])
    print(translate(SAYS, lang, address=shown.address), flush=True)
    config = uvicorn.Config(
        create_app(centre), http=PatientProtocol, log_level="warning", server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=3, **tls,
    )
    with closing(centre.store, centre.clock), followed(centre.folder):
        uvicorn.Server(config).run([listening])


def tls_files(centre: Centre) -> dict[str, Any]:
    """What uvicorn is to be told of the certificate; nothing without one. Raises BadServing."""
    web = centre.config.web
    if not web.tls:
        return {}
    files = [centre.folder / web.certificate, centre.folder / web.key]
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(files[0], files[1], password="")
    except FileNotFoundError:
        missing = next(file for file in files if not file.exists())
        raise BadServing(why=BadKeyFile(path=missing, why=N_("it does not exist"))) from None
    except (OSError, ValueError) as error:
        raise BadServing(why=error.args[-1] if error.args else type(error).__name__) from None
    return {"ssl_context_factory": lambda config, default: context}


def _sweep(centre: Centre) -> None:
    """A disk that cannot be written may still be looked at."""
    log = Log("console")
    try:
        if swept := centre.objects.parts.sweep(time.time()):
            log.info("uploads.swept", files=swept)
    except CannotRead as error:
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
