"""What is written and read inside one transaction: `Tx` speaks of records and chains, never of rows."""
from __future__ import annotations

from sqlalchemy import insert, select, update

from central.store import schema as t
from central.store.accounts import AccountTables
from central.store.alarms import AlarmTables
from central.store.bucketed import BucketTables
from central.store.cached import CachedTables
from central.store.chains import ChainTables
from central.store.devices import DeviceTables
from central.store.heard import HeardTables
from central.store.letters import LetterTables
from central.store.names import NameTables
from central.store.outbox import OutboxTables
from central.store.plans import PlanTables
from central.store.refused import RefusedTables
from central.store.removals import RemovalTables
from central.store.segments import SegmentTables
from central.store.spoilt import SpoiltTables
from central.store.summaries import SummaryTables
from central.store.surveys import SurveyTables
from central.store.trees import TreeTables
from central.store.visits import VisitTables


class Tx(
    DeviceTables, HeardTables, ChainTables, SegmentTables, NameTables, SummaryTables, TreeTables, OutboxTables,
    AccountTables, PlanTables, RefusedTables, VisitTables, SurveyTables, CachedTables, BucketTables,
    RemovalTables, SpoiltTables, AlarmTables, LetterTables,
):
    """One transaction: the parts of it, and the centre's own notes."""

    def meta(self, key: str) -> str | None:
        """A value of the centre's own notes."""
        return self._db.execute(select(t.meta.c.value).where(t.meta.c.key == key)).scalar()

    def set_meta(self, key: str, value: str) -> None:
        """Write a note, instead of what it said before."""
        if not self._db.execute(update(t.meta).where(t.meta.c.key == key).values(value=value)).rowcount:
            self._db.execute(insert(t.meta).values(key=key, value=value))
