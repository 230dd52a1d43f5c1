"""What the centre states of a class after its plan: read one message, and take nothing that it did not sign."""
from __future__ import annotations

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage
from edge.sync.orders import read_list
from evidence.bodies import Assessment, Dispute, Hold
from evidence.records import Sealed

Statement = tuple[Sealed, Assessment | Dispute | Hold]


def read_statements(message: bytes, site: Site) -> tuple[list[Statement], str]:
    """The statements in a message `{"stated": [base64 …], "certificate": PEM}` whose seals hold, and the certificate.

    Raises NotAMessage, NotTheCentre; then none of them is taken."""
    found, certificate = read_list(message, "stated", site)
    strange = [one.record.type for one, body in found if not isinstance(body, Assessment | Dispute | Hold)]
    if strange:
        raise NotAMessage(why=f"{strange[0]} states nothing of a class")
    return [(one, body) for one, body in found if isinstance(body, Assessment | Dispute | Hold)], certificate
