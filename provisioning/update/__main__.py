"""`python -m provisioning.update`: the updater of this machine."""
from __future__ import annotations

import sys

from provisioning.update.build import build
from provisioning.update.cli import main

sys.exit(main(None, build))
