"""What can be wrong with photographs for enrolment. Each names its file."""
from __future__ import annotations

from evidence.errors import BadInput


class NoPhotos(BadInput):
    text = "{folder}: no photographs here (one file or one folder per person)"


class Unreadable(BadInput):
    text = "{file}: cannot be read as a picture"


class TooLarge(BadInput):
    text = "{file}: the picture is too large ({megabytes} MB; at most {limit} MB)"


class NoFace(BadInput):
    text = "{file}: no face found"


class SeveralFaces(BadInput):
    text = "{file}: {count} faces found; exactly one is needed"


class UnknownPerson(BadInput):
    text = "{file}: nobody in class {class_id} is called {name}"


class PersonTwice(BadInput):
    text = "{file}: {name} has photographs under another name here already"


class SamePerson(BadInput):
    text = "{file} and {other} look like the same person"


class PhotosRefused(BadInput):
    """Several things wrong at once: `problems` holds each; nothing was stored."""

    text = "{count} problems with the photographs; nothing was stored"

    def __init__(self, problems: list[BadInput]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(problems))
