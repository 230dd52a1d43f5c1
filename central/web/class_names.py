"""What nearly every page about a class needs: how its id looks in a path, and the names of its people."""
from __future__ import annotations

from typing import Annotated

from fastapi import Path as PathParam

from central.wiring import Centre

ClassName = Annotated[str, PathParam(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


def names_of(centre: Centre, class_id: str) -> dict[str, str]:
    """People's names by pseudonym."""
    with centre.store.read() as tx:
        named = centre.names.open_all(class_id, tx.sealed_names(class_id))
    return {person: one.name for person, one in named.items()}
