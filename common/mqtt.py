"""The end of a connection to a broker by paho."""
from __future__ import annotations

import threading
from typing import Protocol

STOP_S = 5.0
"""Real seconds for which the end of a connection waits for that of its thread."""


class Client(Protocol):
    """paho's, as far as it is used here."""

    def disconnect(self) -> object: ...

    def loop_stop(self) -> object: ...


def end(client: Client) -> None:
    """Disconnect and end the thread of `loop_start`; the session stays at the broker. A thread that looks up a name or
    connects ends with the process: paho would wait for it, however long a name server does not answer."""
    client.disconnect()
    ending = threading.Thread(target=client.loop_stop, name="disconnect", daemon=True)
    ending.start()
    ending.join(STOP_S)
