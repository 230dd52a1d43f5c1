"""What a process does when it is told to end: at SIGTERM and SIGINT."""
from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable


def on_signal(do: Callable[[], object], *numbers: signal.Signals) -> None:
    """Call `do` at each of these signals (none named: SIGTERM and SIGINT), in a thread. Call this in the main thread.

    Python runs a handler in the main thread between two of its instructions, wherever that is: a handler that sets an
    Event waits for ever for the lock of that Event when the main thread was just about to wait for it. A SimpleQueue is
    what may be used there: its `put` is reentrant, by the word of the standard library."""
    heard: queue.SimpleQueue[int] = queue.SimpleQueue()

    def tell() -> None:
        while True:
            heard.get()
            do()

    threading.Thread(target=tell, name="signals", daemon=True).start()
    for number in numbers or (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: heard.put(number))
