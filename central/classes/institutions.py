"""Who holds classes, as the records of the centre say it."""
from __future__ import annotations

from central.store.tables import Tx
from evidence.bodies import Institution, body_of


def institutions_of(tx: Tx) -> dict[str, Institution]:
    """Every institution by its id, as it was stated last."""
    bodies = (body_of(sealed.record) for sealed in tx.of_type("institution"))
    return {body.institution: body for body in bodies if isinstance(body, Institution)}
