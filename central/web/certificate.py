"""The console's certificate: two files of the operator, taken into use again when they are renewed."""
from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from central.errors import BadKeyFile
from central.web.errors import BadServing
from common.logs import Log
from common.texts import N_

LOOK_S = 60.0
_LOG = Log("console")


class Certificate:
    """A context of TLS 1.2 or later that keeps up with its files. A browser that once came by TLS takes no certificate
    that has run out, so a renewed one must not wait for a restart."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """`certificate`: PEM with its intermediates. Raises BadServing."""
        self._files = (certificate, key)
        self._seen = self._stamp()
        self.context = self._read()

    def look(self) -> None:
        """Show what lies there from the next connection on, if it is another one. What cannot be used, as one that is
        half written, leaves the earlier one in use, and is in the log."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._read()  # apart: what fails midway would leave the other context without a key
            self.context.load_cert_chain(*self._files, password="")
            _LOG.info("certificate.renewed")
        except (BadServing, OSError, ValueError) as error:
            _LOG.failed("certificate.not_renewed", error)

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(*self._files, password="")
        except FileNotFoundError:
            missing = next((file for file in self._files if not file.exists()), self._files[0])
            raise BadServing(why=BadKeyFile(path=missing, why=N_("it does not exist"))) from None
        except (OSError, ValueError) as error:
            raise BadServing(why=error.args[-1] if error.args else type(error).__name__) from None
        return context

    def _stamp(self) -> Sequence[tuple[int, int, int] | None]:
        """What changes when a file does."""
        return [_stamp(file) for file in self._files]


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
