"""What the heads `install-box` and `install-centre` start."""
import sys

from provisioning.install.cli import main

sys.exit(main())
