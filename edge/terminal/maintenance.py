"""The code of whoever maintains the box ([enrol] code in box.toml): opens the enrolment and the check of the box."""
from __future__ import annotations

import hmac
import math
import threading
from collections.abc import Callable

from common.logs import Log
from edge.enrol.pins import wait_s
from edge.terminal.errors import CodeWait, WrongCode


class Maintenance:
    """`code`: None where there is none. Whoever guesses waits longer and longer, wherever he does."""

    def __init__(self, code: str | None, monotonic: Callable[[], float]) -> None:
        self._code, self._monotonic, self._log = code, monotonic, Log("terminal.maintenance")
        self._lock, self._failed, self._until = threading.Lock(), 0, -math.inf

    @property
    def there(self) -> bool:
        """Whether there is one."""
        return self._code is not None

    def check(self, code: str) -> None:
        """Raises CodeWait, WrongCode."""
        with self._lock:
            left = self._until - self._monotonic()
            if left > 0:
                raise CodeWait(seconds=math.ceil(left))
            if self._code is None or not hmac.compare_digest(code.encode("utf-8", "replace"), self._code.encode()):
                self._failed += 1
                self._until = self._monotonic() + wait_s(self._failed)
                self._log.warning("maintenance.wrong_code", failed=self._failed)
                raise WrongCode()
            self._failed = 0
