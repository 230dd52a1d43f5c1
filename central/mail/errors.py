"""What can go wrong with the code of an address, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class TooManyCodes(BadInput):
    text = "{most} codes were asked for within a day: no more is sent until tomorrow"


class NoCode(BadInput):
    text = "no code is waited for, or its hour is over: save the address again, and another one is sent"


class WrongCode(BadInput):
    text = "this is not the code that was sent; tries that are left: {left}"
