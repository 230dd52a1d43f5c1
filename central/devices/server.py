"""Serving boxes over HTTPS, TLS 1.3 alone: who they are, their files, and live pictures for the console.

A renewed certificate is taken into use without a restart."""
from __future__ import annotations

import ssl
import time

import uvicorn
from fastapi import FastAPI

from central.config import LOOPBACK
from central.devices.app import Told, create_app
from central.devices.errors import NoTls
from central.devices.limits import Tries
from central.devices.own import OwnTls, server_context
from central.renewing import look_after
from central.web.handed_on import handed_on
from central.web.patience import PatientProtocol
from central.web.server import listen
from central.web.uploads import uploads
from central.wiring import Centre
from common.notify import READY, TELL_S, Watchdog, tell
from common.texts import N_, translate

SAYS = N_("Boxes introduce themselves at {address}. Fingerprint of the root: {root}")
LOOK_S = 3600.0
MOST_AT_ONCE = 512
"""Connections: twice as many as rooms that are looked into at once (central/live/hub.py), each of which keeps one."""


def serve_devices(centre: Centre, port: int | None, lang: str) -> None:
    """Serve until interrupted. Raises NoTls, NoIntermediate, BadKeyFile, PortInUse, CannotListen."""
    config = centre.config.devices
    if config.host not in LOOPBACK and not centre.config.broker.tls:
        raise NoTls  # boxes elsewhere would be told of a broker that they may not use
    centre.keep_certificate()
    context = server_context(centre.folder / "keys")
    listening = listen(config.host, config.port if port is None else port, everywhere=True)
    address = f"https://{config.names[0]}:{listening.getsockname()[1]}"
    print(translate(SAYS, lang, address=address, root=centre.root_fingerprint), flush=True)
    app = make_app(centre, context)
    settings = uvicorn.Config(
        app, http=PatientProtocol, log_level="warning", server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=3, limit_concurrency=MOST_AT_ONCE, timeout_keep_alive=5,
        ssl_context_factory=lambda *_: context,
    )
    look_after(app, Watchdog().step, TELL_S)
    tell(READY)  # whoever comes from now on is only kept waiting
    uvicorn.Server(settings).run([listening])


def make_app(centre: Centre, context: ssl.SSLContext | None = None) -> FastAPI:
    """The application over an open centre. `context`: what gets a renewed certificate."""
    config = centre.config
    told = Told(centre.store.device, config.devices.broker, config.broker.port, config.broker.tls)
    app = create_app(centre.desk(), centre.welcome(), centre.folder / "keys", told, Tries(time.monotonic),
                     Tries(time.monotonic))
    app.include_router(uploads(centre))
    app.include_router(handed_on(centre))
    if context is not None:
        look_after(app, OwnTls(context, centre.folder / "keys", centre.keep_certificate).refresh, LOOK_S)
    return app
