"""The box's database: the chain of records, which is also the outbox, and what the box keeps beside it."""
from edge.store.store import Moved, Place, Store

__all__ = ["Moved", "Place", "Store"]
