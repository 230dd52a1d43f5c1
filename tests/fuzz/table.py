"""The table of everything that reads bytes from outside: every parser with its entry point and the errors that it may
raise."""
from __future__ import annotations

from tests.fuzz import (
    of_backup,
    of_box,
    of_centre,
    of_dossier,
    of_evidence,
    of_identity,
    of_plans,
    of_release,
    of_restore,
    of_road,
    of_tree,
    of_verify,
    of_video,
    of_words,
)

PARSERS = (*of_evidence.PARSERS, *of_verify.PARSERS, *of_box.PARSERS, *of_video.PARSERS, *of_road.PARSERS,
           *of_centre.PARSERS, *of_tree.PARSERS, *of_identity.PARSERS, *of_words.PARSERS, *of_plans.PARSERS,
           *of_dossier.PARSERS, *of_backup.PARSERS, *of_restore.PARSERS, *of_release.PARSERS)
