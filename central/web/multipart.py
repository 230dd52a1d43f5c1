"""Reads forms into memory alone: nothing that somebody uploads stands on a disk in the open, not even for a moment."""
from __future__ import annotations

from contextlib import aclosing

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

FILES, FIELDS = 20, 2000


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 30
    """Above what any form may hold (`Form`); Starlette's own writes what is larger than 1 MB into a temporary file."""


async def read_form(request: Request) -> FormData:
    """The fields and files of a form; whoever calls bounds its size. Raises HTTPException with 400."""
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        return await request.form(max_fields=FIELDS)
    try:
        async with aclosing(request.stream()) as stream:
            return await _InMemory(request.headers, stream, max_files=FILES, max_fields=FIELDS).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None
