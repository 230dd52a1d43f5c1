"""What two tables say by themselves, read at once, and all that is wrong in them told together."""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from central.plans.errors import DraftChanged, DraftOutdated, PlanError
from central.plans.roster import Listed, read_roster
from central.plans.schedule import Looked, in_order, look_through
from central.plans.table_errors import FileRefused, InCell
from central.plans.views import File
from evidence.errors import BadInput

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Read:
    """What two tables say by themselves. `problems`: all that is wrong in them as tables."""

    listed: tuple[Listed, ...] | None
    looked: Looked | None
    problems: tuple[BadInput, ...]

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Where the class itself is refused in here, what is wrong in the tables is told with that; not where somebody
        else was faster, for then all is looked at again."""
        try:
            yield
        except (DraftChanged, DraftOutdated):
            raise
        except PlanError as error:
            wrong = in_order(self.looked.problems) if self.looked else []
            raise refused_for([error, *self.problems, *wrong]) from None


def read_tables(schedule: File | None, roster: File | None, now_us: int) -> Read:
    """Both, each as far as it can be read. `now_us`: UTC in microseconds."""
    problems: list[BadInput] = []

    def tried(file: File | None, read: Callable[[File], T]) -> T | None:
        try:
            return None if file is None else read(file)
        except FileRefused as error:
            problems.extend(error.problems)
        except PlanError as error:
            problems.append(error)
        return None

    listed = tried(roster, lambda file: read_roster(file.data, file.name, tomorrow(now_us)))
    # Who is in the class is not known of a roster with mistakes, and so is no name of the schedule.
    return Read(listed, tried(schedule, lambda file: look_through(file.data, file.name)), tuple(problems))


def tomorrow(now_us: int) -> datetime.date:
    """Nobody is born later, on whatever clock. `now_us`: UTC in microseconds."""
    return datetime.datetime.fromtimestamp(now_us / 1e6, datetime.UTC).date() + datetime.timedelta(days=1)


def refused_for(problems: Sequence[BadInput]) -> BadInput:
    """All at once; what is about no cell, and alone, as it is."""
    return problems[0] if len(problems) == 1 and not isinstance(problems[0], InCell) else FileRefused(problems)
