"""Loads the model pack beside everything else, and again after a failure: whoever asks for it never waits."""
from __future__ import annotations

import threading
from collections.abc import Callable

from common.logs import Log
from edge.terminal.errors import PackLoading, PackUnusable
from edge.vision.pack import Pack
from evidence.errors import ZaitangError


class PackLoader:
    """`load` may take long, and may fail in any way. One attempt at a time."""

    def __init__(self, name: str, load: Callable[[], Pack]) -> None:
        self._name, self._load, self._log = name, load, Log("terminal.pack")
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._pack: Pack | None = None
        self._error: ZaitangError | None = None
        self._try()

    def pack(self) -> Pack:
        """The pack. Raises PackLoading, or why the last attempt failed: then the next one begins."""
        with self._lock:
            if self._pack is not None:
                return self._pack
            if self._error is None:
                raise PackLoading(pack=self._name)
            error = self._error
            self._try()
        raise error

    def wait(self, seconds: float) -> None:
        """Until the attempt that runs is over, but no longer than that."""
        self._over.wait(seconds)

    def _try(self) -> None:
        self._error = None
        self._over.clear()
        threading.Thread(target=self._run, name="pack", daemon=True).start()

    def _run(self) -> None:
        pack, error = None, None
        try:
            pack = self._load()
        except ZaitangError as refused:
            error = refused
        except Exception as broken:
            # Whatever ails the libraries or files of a pack: the page on which a class is started must stay.
            error = PackUnusable(pack=self._name, why=str(broken) or type(broken).__name__)
            self._log.failed("pack.broken", broken)
        if error is not None:
            self._log.failed("pack.refused", error, pack=self._name)
        else:
            self._log.info("pack.loaded", pack=self._name)
        with self._lock:
            self._pack, self._error = pack, error
        self._over.set()
