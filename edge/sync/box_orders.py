"""Orders of the centre to this box, of no class: read one message, and take nothing that the centre did not sign."""
from __future__ import annotations

from edge.sync.centre import Site
from edge.sync.errors import NotAMessage
from edge.sync.orders import read_list
from evidence.box_orders import BoxOrder
from evidence.records import Sealed

BOX_ORDERS = "orders/_box"
"""Their topic. No class is called so."""


def read_box_orders(message: bytes, site: Site) -> tuple[list[tuple[Sealed, BoxOrder]], str]:
    """The orders in a message `{"orders": [base64 …], "certificate": PEM}` whose seals hold, by number, and the
    certificate.

    Raises NotAMessage, NotTheCentre; then none of them is taken."""
    found, certificate = read_list(message, "orders", site)
    strange = [one.record.type for one, body in found if not isinstance(body, BoxOrder)]
    if strange:
        raise NotAMessage(why=f"{strange[0]} orders nothing of a box")
    orders = [(one, body) for one, body in found if isinstance(body, BoxOrder)]
    return sorted(orders, key=lambda pair: pair[1].number), certificate
