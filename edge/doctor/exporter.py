"""The numbers of the whole box for Prometheus, from one of its processes: made anew for whoever asks, in seconds."""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Metric, make_wsgi_app
from prometheus_client.core import InfoMetricFamily

from common.examining import Examiner
from common.exporter import App, exported
from common.health import worst
from edge.doctor.gather import METERS
from edge.doctor.measure import PREFIX, gauge, gauges
from edge.wiring import Box
from evidence.times import SECOND

WITHIN_S, FRESH_S = 5.0, 5.0
"""Real seconds. Prometheus waits for ten, and asks once in fifteen at most."""
STATES = {"good": 0.0, "untold": 0.0, "look": 1.0, "bad": 2.0}


class BoxCollector:
    """As `prometheus_client` wants one."""

    def __init__(self, examiner: Examiner[Box]) -> None:
        self._examiner = examiner

    def collect(self) -> Iterator[Metric]:
        """All numbers; of what hangs there are none, and `unlooked` says so."""
        yield InfoMetricFamily(PREFIX, "The software of this box.", {"version": version("zaitang")})
        seen = self._examiner.lately(WITHIN_S + 1)
        if seen is None:
            return
        for measured in seen.measured.values():
            yield from measured
        told = {about: STATES[worst([one for one in seen.checks if one.about == about])]
                for about in dict.fromkeys(one.about for one in seen.checks)}
        yield gauges("check_state", "What the doctor says of a thing: 0 well, 1 look at it, 2 mend it.", "about", told)
        yield gauges("unlooked", "A thing that could not be looked at, or not in time.", "about",
                     dict.fromkeys(seen.unlooked, 1.0))
        yield gauge("looked_timestamp_seconds", "When the box was looked at, by its own clock.", seen.at_us / SECOND)


def app_of(box: Box) -> App:
    """What answers. `box.store` is this thread's own: whoever waits in it holds up nobody."""
    registry = CollectorRegistry()
    registry.register(BoxCollector(Examiner(box, METERS, box.clock.utc_us, WITHIN_S, FRESH_S)))
    app: App = make_wsgi_app(registry)
    return app


@contextlib.contextmanager
def metrics(box: Box) -> Iterator[None]:
    """Serve them meanwhile, where box.toml says so."""
    config = box.config.metrics
    if config.port == 0:
        yield
        return
    with exported(app_of(box), config.host, config.port):
        yield
