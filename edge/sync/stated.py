"""What the centre states of a class after its plan: read one message, and take nothing that it did not sign."""
from __future__ import annotations

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage
from edge.sync.orders import sealed_by
from evidence.bodies import Assessment, Dispute, body_of
from evidence.canonical import parse
from evidence.errors import BadRecord
from evidence.records import Sealed

MOST = 1000
"""So many statements fit into one message."""
Statement = tuple[Sealed, Assessment | Dispute]


def read_statements(message: bytes, site: Site) -> tuple[list[Statement], str]:
    """The statements in a message `{"stated": [base64 …], "certificate": PEM}` whose seals hold, and the certificate.

    Raises NotAMessage, NotTheCentre; then none of them is taken."""
    try:
        fields = parse(message)
        texts, certificate = fields.get("stated"), fields.get("certificate")
        if not isinstance(texts, list) or len(texts) > MOST or not isinstance(certificate, str):
            raise BadRecord(why="it holds no statements, or no certificate")
        centre = site.centre_of(certificate)
        sealed = [sealed_by(text, centre) for text in texts]
        found = [(one, body_of(one.record)) for one in sealed]
    except BadRecord as error:
        raise NotAMessage(why=str(error)) from None
    strange = [one.record.type for one, body in found if not isinstance(body, Assessment | Dispute)]
    if strange:
        raise NotAMessage(why=f"{strange[0]} states nothing of a class")
    return [(one, body) for one, body in found if isinstance(body, Assessment | Dispute)], certificate
