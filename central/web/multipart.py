"""Reads forms into memory alone: nothing that somebody uploads stands on a disk in the open, not even for a moment."""
from __future__ import annotations

from contextlib import aclosing

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from common.texts import N_

FILES, FIELDS = 20, 2000
UTF8 = b"utf-8"
NOT_UTF8 = N_("the form is not in UTF-8")


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 30
    """Above what any form may hold (`Form`); Starlette's own writes what is larger than 1 MB into a temporary file."""


async def read_form(request: Request) -> FormData:
    """The fields and files of a form; whoever calls bounds its size. Raises HTTPException with 400."""
    kind, said = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        return await request.form(max_fields=FIELDS)
    # Any codec that Python knows would be taken, and some make halves of characters, which no page can hold.
    if said.get(b"charset", UTF8).lower() != UTF8:
        raise HTTPException(400, NOT_UTF8)
    try:
        async with aclosing(request.stream()) as stream:
            return await _InMemory(request.headers, stream, max_files=FILES, max_fields=FIELDS).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None
