"""What can go wrong with the database, each as one sentence."""
from __future__ import annotations

from central.errors import DatabaseUnusable
from evidence.errors import BadInput


class DatabaseUnsafe(DatabaseUnusable):
    text = "the database {place} is not used: with {what} off there a power cut would lose records"


class DatabaseNotUtf8(DatabaseUnusable):
    text = "the database {place} cannot hold Chinese, its encoding is {encoding}: make it with ENCODING 'UTF8'"


class BadAddress(BadInput):
    text = "the address of the database cannot be used: {why}"


class OtherDatabase(BadInput):
    text = "the database {place} belongs to another centre; nothing was changed"


class DatabaseNotEmpty(BadInput):
    text = "the database {place} holds something already: make an empty one"
