"""What can go wrong with keeping and erasing, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class BadTeller(BadInput):
    text = "say by the id of an account who was told that the face is to be erased: small letters, digits and . _ -"


class WhoErased(BadInput):
    text = "name the class and the trainee whose face is to be erased, or ask for --status"
