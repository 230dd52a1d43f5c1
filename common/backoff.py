"""How long to wait before the next try: doubling, capped, and jittered so that boxes do not all return at once."""
from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Backoff:
    """Seconds: `first` for the first wait, twice as long after each failure, `longest` at most."""

    first: float
    longest: float

    def wait(self, failures: int, chance: float) -> float:
        """Seconds, after so many earlier failures. `chance` (0 to 1) picks a point in the upper half of the span."""
        span = min(self.longest, self.first * 2.0 ** min(failures, 40))
        return span * (0.5 + 0.5 * chance)
