"""`python -m tests.faults.bounded collect …`: zaitang-central with a bound on records that a test meets in seconds."""
from __future__ import annotations

import dataclasses
import sys

from central.bounds import RECORDS
from central.cli import main
from central.ingest import intake

A_SECOND = 150_000
"""Bytes by which the level falls."""

if __name__ == "__main__":
    intake.RECORDS = dataclasses.replace(RECORDS, day=86_400 * A_SECOND, most=400_000)
    sys.exit(main(sys.argv[1:]))
