"""Orders to move face templates: read one message of the centre, and decide whether they concern this box."""
from __future__ import annotations

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage, NotThisBox, WrongKey
from edge.sync.orders import read_list
from evidence.bodies import TemplatesOrder
from evidence.records import Sealed

Move = tuple[Sealed, TemplatesOrder]


def read_moves(message: bytes, site: Site) -> tuple[list[Move], str]:
    """The orders in a message `{"moves": [base64 …], "certificate": PEM}` whose seals hold, and the certificate.

    Raises NotAMessage, NotTheCentre; then none of them is taken."""
    found, certificate = read_list(message, "moves", site)
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
