"""Serving the console on a loopback address."""
from __future__ import annotations

import errno
import socket
import time

import uvicorn

from central.errors import CannotListen, CannotRead, NotLoopback, PortInUse
from central.web.app import create_app
from central.web.guard import LOOPBACK
from central.web.patience import PatientProtocol
from central.wiring import Centre
from common.logs import Log
from common.texts import N_, translate

SAYS = N_("The console is at {address}")


def serve(centre: Centre, host: str | None, port: int | None, lang: str) -> None:
    """Serve until interrupted. `host`, `port`: instead of those in centre.toml. What is left of uploads that nobody
    goes on with is removed first. Raises NotLoopback, PortInUse."""
    host = host or centre.config.web.host
    listening = listen(host, centre.config.web.port if port is None else port)
    _sweep(centre)
    name = f"[{host}]" if ":" in host else host
    print(translate(SAYS, lang, address=f"http://{name}:{listening.getsockname()[1]}/"), flush=True)
    config = uvicorn.Config(
        create_app(centre), http=PatientProtocol, log_level="warning", server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run([listening])


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
