"""Orders to move face templates: read one message of the centre, and decide whether they concern this box."""
from __future__ import annotations

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage, NotThisBox, WrongKey
from edge.sync.orders import sealed_by
from evidence.bodies import TemplatesOrder, body_of
from evidence.canonical import parse
from evidence.errors import BadRecord
from evidence.records import Sealed

MOST = 1000
"""So many orders fit into one message."""
Move = tuple[Sealed, TemplatesOrder]


def read_moves(message: bytes, site: Site) -> tuple[list[Move], str]:
    """The orders in a message `{"moves": [base64 …], "certificate": PEM}` whose seals hold, and the certificate: all
    that the centre ordered of one class and this box, because a broker keeps the last message only.

    Raises NotAMessage, NotTheCentre; then none of them is taken."""
    try:
        fields = parse(message)
        texts, certificate = fields.get("moves"), fields.get("certificate")
        if not isinstance(texts, list) or len(texts) > MOST or not isinstance(certificate, str):
            raise BadRecord(why="it holds no orders, or no certificate")
        centre = site.centre_of(certificate)
        sealed = [sealed_by(text, centre) for text in texts]
        found = [(one, body_of(one.record)) for one in sealed]
    except BadRecord as error:
        raise NotAMessage(why=str(error)) from None
    strange = [one.record.type for one, body in found if not isinstance(body, TemplatesOrder)]
    if strange:
        raise NotAMessage(why=f"{strange[0]} moves no templates")
    return [(one, body) for one, body in found if isinstance(body, TemplatesOrder)], certificate


def judge_move(order: TemplatesOrder, device: str, sealing_key: str) -> None:
    """Whether this box may take the order: it names the box, and, as the target, the key of this box. Raises
    NotThisBox, WrongKey."""
    if device not in (order.source, order.target):
        raise NotThisBox(device=device)
    if device == order.target and order.to_key != sealing_key:
        raise WrongKey()
