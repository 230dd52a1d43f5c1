"""The table of everything that reads bytes from outside: every parser with its entry point and the errors that it may
raise."""
from __future__ import annotations

from tests.fuzz import of_box, of_centre, of_evidence, of_road, of_verify, of_video

PARSERS = (*of_evidence.PARSERS, *of_verify.PARSERS, *of_box.PARSERS, *of_video.PARSERS, *of_road.PARSERS,
           *of_centre.PARSERS)
