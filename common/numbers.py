"""Numbers for Prometheus: what was measured of a whole (a box, a centre), as one answer in its text format."""
from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, Metric, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from common.examining import Examiner
from common.exporter import App, exported
from common.health import worst
from evidence.times import SECOND

WITHIN_S, FRESH_S = 5.0, 5.0
"""Real seconds for the looks of one answer, and how long they are told again. Prometheus waits for ten seconds, and
asks once in fifteen at most."""
STATES = {"good": 0.0, "untold": 0.0, "look": 1.0, "bad": 2.0}


@dataclasses.dataclass(frozen=True)
class Names:
    """Makes numbers whose names begin with `prefix`."""

    prefix: str

    def gauge(self, name: str, says: str, value: float) -> Metric:
        """One number that rises and falls."""
        return GaugeMetricFamily(f"{self.prefix}_{name}", says, value)

    def gauges(self, name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
        """One for each value of a label."""
        family = GaugeMetricFamily(f"{self.prefix}_{name}", says, labels=[label])
        for key, value in values.items():
            family.add_metric([key.encode(errors="backslashreplace").decode()], value)
        return family

    def counter(self, name: str, says: str, value: float) -> Metric:
        """One that only rises; `_total` is put behind its name."""
        return CounterMetricFamily(f"{self.prefix}_{name}", says, value)


class Numbers:
    """As `prometheus_client` wants a collector."""

    def __init__(self, names: Names, examiner: Examiner[Any]) -> None:
        self._names, self._examiner = names, examiner

    def collect(self) -> Iterator[Metric]:
        """All numbers; of what hangs there are none, and `unlooked` says so."""
        names = self._names
        yield InfoMetricFamily(names.prefix, "The software that tells this.", {"version": version("zaitang")})
        seen = self._examiner.lately(WITHIN_S + 1)
        if seen is None:
            return
        for measured in seen.measured.values():
            yield from measured
        told = {about: STATES[worst([one for one in seen.checks if one.about == about])]
                for about in dict.fromkeys(one.about for one in seen.checks)}
        yield names.gauges("check_state", "What the doctor says of a thing: 0 well, 1 look at it, 2 mend it.", "about",
                           told)
        yield names.gauges("unlooked", "A thing that could not be looked at, or not in time.", "about",
                           dict.fromkeys(seen.unlooked, 1.0))
        yield names.gauge("looked_timestamp_seconds", "When all this was looked at.", seen.at_us / SECOND)


def app_of(names: Names, examiner: Examiner[Any]) -> App:
    """What answers, at any path."""
    registry = CollectorRegistry()
    registry.register(Numbers(names, examiner))
    app: App = make_wsgi_app(registry)
    return app


@contextlib.contextmanager
def told(names: Names, examiner: Examiner[Any], host: str, port: int) -> Iterator[None]:
    """Serve them meanwhile; nothing at port 0."""
    if port == 0:
        yield
        return
    with exported(app_of(names, examiner), host, port):
        yield
