"""Whom a web process believes now: it hears of revocations with each question, and of new boxes soon after."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from central.errors import UnknownSigner
from central.ingest.keyring import Keyring
from central.store.store import Store

T = TypeVar("T")
REFRESH_S = 10.0
"""What a stranger signed makes us read the certificates again at most this often."""


class Believed:
    """A keyring over a store, for any thread."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store, self._keyring = store, keyring
        self._lock, self._learned = threading.Lock(), -REFRESH_S

    def ask(self, question: Callable[[Keyring], T]) -> T:
        """Ask the keyring something. Raises what it raises: UnknownSigner only once new certificates were read."""
        with self._lock:  # who comes while another one reads the certificates must not be a stranger
            with self._store.read() as tx:
                self._keyring.denies(tx.denied())
            try:
                return question(self._keyring)
            except UnknownSigner:
                if time.monotonic() < self._learned + REFRESH_S:
                    raise
            with self._store.read() as tx:
                certificates = [pem for _, pem in tx.certificates()]
            self._keyring.learn_all(certificates)
            self._learned = time.monotonic()
            return question(self._keyring)
