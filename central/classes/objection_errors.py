"""What can go wrong with an objection about a class, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class BadObjection(BadInput):
    text = "say what the objection is, or what is answered, in 1 to {limit} characters that can be seen"


class WhoObjects(BadInput):
    text = "an objection is of a school, or of one trainee: say which, and of a trainee who"


class NoObjection(BadInput):
    text = "class {class_id} has no objection {objection}"


class ObjectionOver(BadInput):
    text = "objection {objection} of class {class_id} has come to its end: whoever objects again raises another one"


class NotTheirObjection(BadInput):
    text = "a trainee raised objection {objection} on the own record: no institution withdraws it"


class ObjectionWentOn(BadInput):
    text = "somebody answered objection {objection} since it was shown: read that first, nothing was kept"


class TooManyObjections(BadInput):
    text = ("you have raised an objection a moment ago, or {open} of yours wait for an answer: that is as many as this"
            " page takes; speak to the supervising office")
