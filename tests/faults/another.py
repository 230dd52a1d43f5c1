"""A collector beside the one of `zaitang-central collect`: it is known to the broker by another name."""
from __future__ import annotations

import sys
from pathlib import Path

from central.ingest.broker import BrokerLink
from central.wiring import open_centre
from common.logs import setup


def main(folder: Path) -> None:
    setup()
    centre = open_centre(folder)
    broker = centre.config.broker
    BrokerLink(broker.host, broker.port, "another", centre.collector(), centre.store, centre.names,
               centre.keys.certificate).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
